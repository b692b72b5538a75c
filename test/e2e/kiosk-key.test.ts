import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runKioskKey } from '../../client/kiosk/kiosk-key.ts';
import { readSigner } from '../../client/kiosk/signer.ts';
import { connect } from '../../client/kiosk/session-client.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';

describe('veriframe kiosk-key', () => {
  let server: RealServer;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-kiosk-key-'));
    server = await startRealServer({ transport: 'auto' });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const run = async (...args: string[]) => {
    let out = '';
    await runKioskKey(
      [...args, '--url', server.url],
      { VERIFRAME_API_KEY: server.apiKey },
      (text) => (out += text),
    );
    return out;
  };
  /** Whether the server takes signatures of the key in the file. */
  const isTaken = async (file: string) => {
    const { body } = await server.api<{ ticket: string }>('POST', '/v1/sessions', { mode: 'identify' });
    const session = await connect({
      url: server.streamUrl,
      ticket: body.ticket,
      signer: await readSigner(file),
    });
    const { signs } = session;
    session.bye('cancelled');
    await session.decision.catch(() => null);
    return signs;
  };

  it('makes a key, puts another in its place, lists and revokes them', async () => {
    const file = join(folder, 'kiosk.key');
    const first = (await run('create', '--key-file', file, '--name', 'north door')).trim();
    expect(first).toBe((await readSigner(file)).keyId);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await isTaken(file)).toBe(true);

    const before = await readFile(file, 'utf8');
    await expect(run('create', '--key-file', file, '--name', 'again')).rejects.toMatchObject({
      code: 'key.unwritable',
    });
    expect(await readFile(file, 'utf8')).toBe(before);

    const second = (await run('rotate', '--key-file', file, '--name', 'north door')).trim();
    expect(second).not.toBe(first);
    expect(await isTaken(file)).toBe(true);
    const listed = await run('list');
    expect(listed).toMatch(new RegExp(`${first}  \\S+  revoked \\S+  north door\n`));
    expect(listed).toMatch(new RegExp(`${second}  \\S+  good  north door\n`));

    await run('revoke', second);
    expect(await isTaken(file)).toBe(false);
    await expect(run('revoke', second)).rejects.toMatchObject({ code: 'api.not_found' });
  });

  it('leaves no key behind that is not enrolled, and says what is wrong with a command', async () => {
    const file = join(folder, 'refused.key');
    const args = [
      'create',
      '--key-file',
      file,
      '--name',
      'x',
      '--url',
      server.url,
      '--api-key',
      'vf_wrong_key',
    ];
    await expect(runKioskKey(args, {}, () => undefined)).rejects.toMatchObject({ code: 'api.unauthorized' });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    for (const wrong of [[], ['make'], ['revoke'], ['list', 'x'], ['create', '--name', 'x']])
      await expect(run(...wrong)).rejects.toMatchObject({ code: 'usage.invalid' });
    expect(await run('--help')).toContain('Usage: veriframe kiosk-key');
  });
});
