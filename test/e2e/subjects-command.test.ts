import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSubjects } from '../../client/kiosk/subjects.ts';
import { loadMasterKey } from '../../server/store/master-key.ts';
import { openSqliteStore } from '../../server/store/sqlite/store.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { newDecision, newReference } from '../store/support.ts';

const LAUNCHER = fileURLToPath(new URL('../../client/kiosk/veriframe.mjs', import.meta.url));

describe('veriframe subjects', () => {
  let server: RealServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-subjects-'));
    const { key } = await loadMasterKey({ dataDir: folder, masterKey: '', masterKeyFile: '' });
    const store = await openSqliteStore({ path: join(folder, 'veriframe.db'), masterKey: key });
    for (const [seed, subject] of ['ada', 'grace', 'ada'].entries())
      await store.references.add(newReference({ tenant: 'default', subject, seed }));
    const atMs = Date.now();
    for (let at = 0; at < 10; at++)
      await store.decisions.record({
        ...newDecision(`s${at}`),
        tenant: 'default',
        subject: 'grace',
        startedAtMs: atMs,
        decidedAtMs: atMs,
      });
    await store.close();
    server = await startRealServer({ transport: 'auto', dataDir: folder });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  /** The program as people start it. */
  async function veriframe(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const env = { ...process.env, VERIFRAME_URL: server.url, VERIFRAME_API_KEY: server.apiKey };
    const child = spawn(process.execPath, [LAUNCHER, 'subjects', ...args], { env });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
    const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? -1)));
    return { code, out, err };
  }
  /** The same in this process, which starts faster. */
  const done = async (...args: string[]) => {
    let out = '';
    const environment = { VERIFRAME_URL: server.url, VERIFRAME_API_KEY: server.apiKey };
    await runSubjects(args, environment, (text) => (out += text));
    return out;
  };
  const verify = () => server.api<object>('POST', '/v1/sessions', { mode: 'verify', subject: 'ada' });

  it('labels, records consent, lists, shows and expires', async () => {
    const listed = await veriframe('list');
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out.trim().split('\n')).toHaveLength(2);
    await done('label', 'ada', 'Ada \u001b[2J Lovelace');
    await done('consent', 'ada', '--by', 'front desk', '--text', '2026-11', '--at', '2026-11-30');
    await done('expire', 'ada', '2099-01-31');
    expect(await done('list', '--label', 'lovelace')).toBe(
      'ada  2  good  never accepted  Ada ·[2J Lovelace\n',
    );
    expect(JSON.parse(await done('list', '--no-consent', '--json'))).toMatchObject({ subject: 'grace' });
    expect(JSON.parse(await done('show', 'ada'))).toMatchObject({
      consent: { by: 'front desk', textVersion: '2026-11', atMs: Date.parse('2026-11-30') },
      expiresAtMs: Date.parse('2099-01-31'),
      held: [{ photos: null }, { photos: null }],
    });
    await done('consent', 'ada', '--withdraw');
    await done('expire', 'ada', 'never');
    await done('label', 'ada');
    expect(JSON.parse(await done('show', 'ada'))).toMatchObject({
      label: null,
      consent: null,
      expiresAtMs: null,
    });
  });

  it('suspends, resumes and unlocks', async () => {
    await done('suspend', 'ada');
    expect(await done('list', '--suspended')).toMatch(/^ada {2}2 {2}suspended \d{4}-/);
    expect(await verify()).toMatchObject({ status: 403, body: { error: { code: 'subject.suspended' } } });
    await done('resume', 'ada');
    expect((await verify()).status).toBe(201);
    expect(JSON.parse(await done('show', 'grace'))).toMatchObject({ lockedUntilMs: expect.any(Number) });
    await done('unlock', 'grace');
    expect(JSON.parse(await done('show', 'grace'))).toMatchObject({ lockedUntilMs: null });
  });

  it('exports into a file of one’s own, removes a reference, and erases only who was meant', async () => {
    const file = join(folder, 'ada.json');
    await done('export', 'ada', '--out', file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { references } = JSON.parse(await readFile(file, 'utf8')) as { references: { id: string }[] };
    expect(references).toHaveLength(2);
    await expect(done('export', 'ada', '--out', file)).rejects.toMatchObject({ code: 'usage.invalid' });
    const [, second] = (await done('references', 'ada')).trim().split('\n');
    expect(second).toMatch(/^\S+ {2}\d{4}-\d\d-\d\d {2}session {2}faceres dlib$/);
    await done('references', 'ada', '--remove', references[1]?.id ?? '');
    await expect(done('references', 'ada', '--remove', references[0]?.id ?? '')).rejects.toMatchObject({
      code: 'subject.last_reference',
    });
    expect(await veriframe('erase', 'ada')).toMatchObject({ code: 3, err: expect.stringContaining('--yes') });
    expect(await done('erase', 'ada', '--yes')).toBe('1 references erased\n');
    expect((await done('list')).trim()).toMatch(/^grace/);
  });

  it('says what is wrong with a command', async () => {
    for (const wrong of [
      [],
      ['list', 'ada'],
      ['show'],
      ['show', 'ada', 'x'],
      ['expire', 'ada', 'soon'],
      ['consent', 'ada'],
    ])
      await expect(done(...wrong)).rejects.toMatchObject({ code: 'usage.invalid' });
    expect(await done('--help')).toContain('Usage: veriframe subjects');
  });
});
