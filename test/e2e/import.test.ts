import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runImport } from '../../client/kiosk/import/command.ts';
import type { ImportedEntry } from '../../client/kiosk/import/import-entry.ts';
import { generateApiKey } from '../../server/identity/api-keys.ts';
import { SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';

const LAUNCHER = fileURLToPath(new URL('../../client/kiosk/veriframe.mjs', import.meta.url));

describe('veriframe import', () => {
  let server: RealServer;
  let folder: string;
  /** One photograph of each of three people, by name. */
  const photo: Record<string, Buffer> = {};
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-import-'));
    server = await startRealServer({ transport: 'auto' });
    for (const [name, { image, within }] of Object.entries(SAMPLE_PORTRAITS)) {
      const { x: left, y: top, width, height } = within;
      photo[name] = await sharp(image).extract({ left, top, width, height }).jpeg({ quality: 95 }).toBuffer();
    }
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const environment = () => ({ VERIFRAME_URL: server.url, VERIFRAME_API_KEY: server.apiKey });
  /** A new folder of these files. */
  async function folderOf(name: string, files: Readonly<Record<string, Buffer | string>>): Promise<string> {
    const path = join(folder, name);
    for (const [file, bytes] of Object.entries(files)) {
      await mkdir(join(path, file, '..'), { recursive: true });
      await writeFile(join(path, file), bytes);
    }
    return path;
  }
  async function imported(...args: string[]) {
    let out = '';
    const written: string[] = [];
    const progress = { write: (text: string) => written.push(text) > 0 };
    const code = await runImport([...args, '--json'], environment(), {
      out: (text) => (out += text),
      progress,
    });
    const entries = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ImportedEntry);
    return {
      code,
      progress: written.join(''),
      of: (id: string) => entries.find(({ subject }) => subject === id),
    };
  }
  const count = async (subject: string) =>
    (await server.api<{ references?: number }>('GET', `/v1/subjects/${subject}`)).body.references ?? 0;
  const erase = (subject: string) => server.api('DELETE', `/v1/subjects/${subject}`);
  const small = async (name: string, changes = (picture: Sharp) => picture) =>
    await changes(sharp(photo[name])).jpeg().toBuffer();

  it('enrols who is shown well, says of every other photograph why not, and changes nothing the second time', async () => {
    const blank = await sharp({ create: { width: 400, height: 400, channels: 3, background: 'grey' } })
      .jpeg()
      .toBuffer();
    const heic = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic'), Buffer.alloc(64)]);
    const files = {
      'ada.jpg': photo['first'] ?? '',
      'grace/1.jpg': photo['second'] ?? '',
      'grace/2.jpg': await small('second', (picture) => picture.modulate({ brightness: 1.1 })),
      'grace/stranger.jpg': photo['third'] ?? '',
      'twin.jpg': await small('first', (picture) => picture.resize(500)),
      'nobody/blank.jpg': blank,
      'broken.png': 'no picture at all',
      'phone/IMG_1.HEIC': heic,
      'Žofie.jpg': photo['third'] ?? '',
      'group.jpg': await readFile(SAMPLE_PORTRAITS.second.image),
      '._ada.jpg': 'resource fork',
      'grace/._1.jpg': 'resource fork',
      '.hidden/1.jpg': blank,
      'notes.txt': 'who is who',
    };
    const path = await folderOf('people', files);
    const report = join(folder, 'report.jsonl');
    const first = await imported(path, '--report', report, '--parallel', '1');
    expect(first.code).toBe(1);
    expect(first.progress).toContain('8/8 people');
    expect(first.of('ada')).toMatchObject({ result: 'stored', reason: null, photos: [{ result: 'used' }] });
    expect(first.of('grace')).toMatchObject({
      result: 'stored',
      photos: [{ result: 'used' }, { result: 'used' }, { result: 'refused', reason: 'other-face' }],
    });
    const refused = (subject: string) => {
      const { reason, duplicateOf, photos } = first.of(subject) ?? {};
      return [reason, duplicateOf, photos?.map((one) => one.reason)];
    };
    expect(refused('twin')).toEqual(['duplicate', 'ada', [null]]);
    expect(refused('nobody')).toEqual(['no-usable-photo', null, ['no-face']]);
    expect(refused('broken')).toEqual(['no-usable-photo', null, ['unreadable']]);
    expect(refused('phone')).toEqual(['no-usable-photo', null, ['heic']]);
    expect(refused('group')).toEqual(['no-usable-photo', null, ['several-faces']]);
    expect(refused('Žofie')).toEqual(['subject-id', null, [null]]);
    expect((await readFile(report, 'utf8')).trim().split('\n')).toHaveLength(8);
    const { body } = await server.api<{ held: unknown }>('GET', '/v1/subjects/grace/record');
    expect(body.held).toMatchObject([{ photos: 2 }]);

    const again = await imported(path);
    expect([again.of('ada')?.result, again.of('grace')?.result]).toEqual(['known', 'known']);
    expect(again.of('ada')?.analysis?.ms).toBe(0);
    expect(again.of('grace')?.photos.map(({ reason }) => reason)).toEqual([null, null, 'other-face']);
    expect([await count('ada'), await count('grace'), await count('twin')]).toEqual([1, 1, 0]);
    expect((await imported(path, '--distinct', 'ada')).of('twin')?.result).toBe('stored');
    for (const subject of ['ada', 'grace', 'twin']) await erase(subject);
  });

  it('reads a CSV file with labels, and puts consent on record', async () => {
    const path = await folderOf('csv', {
      'list.csv': '\uFEFFPath,Subject,Label\r\n"a, b.jpg",ada,"Ada ""the"" First"\r\n\r\nc.jpg,grace,\r\n',
      'a, b.jpg': photo['first'] ?? '',
      'c.jpg': photo['second'] ?? '',
    });
    const terms = ['--consent-by', 'HR', '--consent-text', '7'];
    expect((await imported(join(path, 'list.csv'), ...terms)).code).toBe(0);
    const { body } = await server.api('GET', '/v1/subjects/ada/record');
    expect(body).toMatchObject({ label: 'Ada "the" First', consent: { by: 'HR', textVersion: '7' } });
    for (const subject of ['ada', 'grace']) await erase(subject);
  });

  it('goes on after kill -9 where it was: everybody once', async () => {
    const path = await folderOf('killed', {
      'ada.jpg': photo['first'] ?? '',
      'grace.jpg': photo['second'] ?? '',
      'hedy.jpg': photo['third'] ?? '',
    });
    const env = { ...process.env, ...environment() };
    const child = spawn(process.execPath, [LAUNCHER, 'import', path, '--parallel', '1', '--json'], { env });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const { code, of } = await imported(path);
    expect(code).toBe(0);
    expect(of('ada')?.result).toBe('known');
    for (const subject of ['ada', 'grace', 'hedy'])
      expect([subject, await count(subject)]).toEqual([subject, 1]);
    const report = spawn(process.execPath, [LAUNCHER, 'import', path], { env });
    let said = '';
    report.stdout.setEncoding('utf8').on('data', (part: string) => (said += part));
    expect(await new Promise((resolve) => report.once('close', resolve))).toBe(0);
    expect(said).toBe('0 imported, 3 known before, 0 refused\n');
    for (const subject of ['ada', 'grace', 'hedy']) await erase(subject);
  });

  it('stops at a key without the right, and says what is wrong with a command', async () => {
    const path = await folderOf('one', { 'ada.jpg': photo['first'] ?? '' });
    await expect(imported(path, '--api-key', generateApiKey('default').key)).rejects.toMatchObject({
      code: 'api.unauthorized',
    });
    for (const wrong of [[], [path, path], [path, '--parallel', '0'], [path, '--consent-by', 'HR']])
      await expect(imported(...wrong)).rejects.toMatchObject({ code: 'usage.invalid' });
    await expect(imported(join(folder, 'none'))).rejects.toMatchObject({ code: 'source.not_found' });
    await cp(path, join(folder, 'empty', '.one'), { recursive: true });
    await expect(imported(join(folder, 'empty'))).rejects.toMatchObject({ code: 'source.empty' });
  });
});

describe('POST /v1/subjects/{id}/photos', () => {
  let server: RealServer;
  let folder: string;
  const keys = {
    none: generateApiKey('shop', { mayAttend: true, mayObserve: true, mayVouch: true, mayManage: true }),
    importer: generateApiKey('shop', { mayImport: true }),
    manager: generateApiKey('shop', { mayImport: true, mayManage: true }),
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-photos-'));
    await writeFile(join(folder, 'development-api-key'), `${generateApiKey('other').key}\n`, { mode: 0o600 });
    const file = join(folder, 'keys.json');
    await writeFile(file, JSON.stringify({ keys: Object.values(keys).map(({ record }) => record) }));
    const env = { VERIFRAME_API_KEYS_FILE: file };
    server = await startRealServer({ transport: 'auto', dataDir: folder, env });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  async function post(key: string | null, subject: string, body: unknown) {
    const response = await fetch(`${server.url}/v1/subjects/${subject}/photos`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as object };
  }
  async function ada(changes = (picture: Sharp) => picture) {
    const { image, within } = SAMPLE_PORTRAITS.first;
    const { x: left, y: top, width, height } = within;
    const picture = changes(sharp(image).extract({ left, top, width, height }));
    return { image: (await picture.jpeg().toBuffer()).toString('base64') };
  }

  it('refuses megabytes of a stranger, and of a key without the right, before it reads them', async () => {
    const photos = Array.from({ length: 8 }, () => ({ image: 'A'.repeat(500_000) }));
    expect(await post(null, 'ada', { photos })).toMatchObject({
      status: 401,
      body: { error: { code: 'api.unauthorized' } },
    });
    expect(await post(keys.none.key, 'ada', { photos })).toMatchObject({
      status: 403,
      body: { error: { code: 'api.not_granted' } },
    });
  });

  it('tells whose face it is only to a key that may see who is enrolled', async () => {
    const photos = [await ada()];
    expect(await post(keys.importer.key, 'ada', { photos })).toMatchObject({
      status: 200,
      body: { result: 'stored', duplicateOf: null, photos: [{ result: 'used', reason: null }] },
    });
    const other = { photos: [await ada((picture) => picture.resize(500))] };
    const refused = { result: 'refused', reason: 'duplicate', photos: [{ result: 'not-used' }] };
    expect((await post(keys.importer.key, 'eve', other)).body).toMatchObject({
      ...refused,
      duplicateOf: null,
    });
    expect((await post(keys.manager.key, 'eve', other)).body).toMatchObject({
      ...refused,
      duplicateOf: 'ada',
    });
  });

  it('does not believe what is said of a subject whom the photographs do not show', async () => {
    const photos = [{ image: Buffer.from('nothing').toString('base64') }];
    const answer = await post(keys.importer.key, 'ada', { photos, label: 'Eve', expiresAtMs: 0 });
    expect(answer.body).toMatchObject({ result: 'refused', photos: [{ reason: 'unreadable' }] });
    const record = await fetch(`${server.url}/v1/subjects/ada/record`, {
      headers: { authorization: `Bearer ${keys.manager.key}` },
    });
    expect(await record.json()).toMatchObject({ label: null, expiresAtMs: null });
  });

  it('takes no more photographs than a reference is made of, and none that are no text', async () => {
    const one = { image: 'AAAA' };
    for (const body of [
      { photos: [] },
      { photos: Array.from({ length: 9 }, () => one) },
      { photos: [{ image: 1 }] },
      {},
    ])
      expect(await post(keys.importer.key, 'ada', body)).toMatchObject({ status: 400 });
  });
});
