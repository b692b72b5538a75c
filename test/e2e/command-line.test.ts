import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { ffmpegMissing, recording, recordingsMissing } from '../support/recordings.ts';

const LAUNCHER = fileURLToPath(new URL('../../client/kiosk/veriframe.mjs', import.meta.url));
const EXIT = { accept: 0, reject: 1, reverify: 2 };

const missing =
  recordingsMissing('nuaa-dev/live', 'nuaa-dev/print', 'lfw-dev', 'clips-dev/d14.mp4') ?? ffmpegMissing();

describe.skipIf(missing !== null)(
  `veriframe on the command line${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let server: RealServer;
    let scratch: string;
    beforeAll(async () => {
      // Whoever tries again with a file shows the same pictures again, which is a replay and is rejected as one.
      const env = { VERIFRAME_WORKERS: '2', VERIFRAME_REPLAY_MEMORY_FRAMES: '0' };
      server = await startRealServer({ transport: 'auto', env });
      scratch = await mkdtemp(join(tmpdir(), 'veriframe-pictures-'));
    });
    afterAll(async () => {
      await server.close();
      await rm(scratch, { recursive: true, force: true });
    });

    async function veriframe(...args: readonly string[]): Promise<{ code: number; decision: unknown }> {
      const child = spawn(
        process.execPath,
        [LAUNCHER, ...args, '--json', '--url', server.url.replace('http', 'ws')],
        {
          env: { ...process.env, VERIFRAME_API_KEY: server.apiKey },
        },
      );
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
      const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? -1)));
      const lines = output.trim().split('\n');
      return { code, decision: JSON.parse(lines.at(-1) ?? '{}') };
    }

    /** A folder with some of a recording's pictures, so that enrolment and verification see different ones. */
    async function pictures(name: string, source: string, every: number, offset: number): Promise<string> {
      const folder = join(scratch, name);
      const files = (await readdir(recording(source))).toSorted();
      const chosen = files.filter((_, index) => index % every === offset);
      await Promise.all(chosen.map((file) => cp(recording(join(source, file)), join(folder, file))));
      return folder;
    }

    /** Cuts a clip in two, so that enrolment and verification see different moments. */
    async function halves(name: string): Promise<readonly [string, string]> {
      const source = recording(`clips-dev/${name}`);
      const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', source];
      const halfS = Number((await promisify(execFile)('ffprobe', probe)).stdout) / 2;
      const cut = async (file: string, fromS: number) => {
        const path = join(scratch, `${name}.${file}.mp4`);
        const range = ['-ss', String(fromS), '-t', String(halfS), '-i', source];
        await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', ...range, '-an', '-q:v', '2', path]);
        return path;
      };
      return [await cut('first', 0), await cut('second', halfS)];
    }

    it('enrols from one half of a clip, knows the person in the other half, and nobody else', async () => {
      const [first, second] = await halves('d14.mp4');
      /** Re-verify means "try again": on a machine too slow for the clip, frames with the blink may be lost. */
      const blinkOnly = async (mode: string, source: string, attempts = 10): ReturnType<typeof veriframe> => {
        const ended = await veriframe(mode, '--subject', 'd14', '--source', source, '--policy', 'blink-only');
        return ended.code === EXIT.reverify && attempts > 1 ? blinkOnly(mode, source, attempts - 1) : ended;
      };
      expect((await blinkOnly('enrol', first)).code).toBe(EXIT.accept);
      expect(await blinkOnly('verify', second)).toMatchObject({
        code: EXIT.accept,
        decision: { outcome: 'accept' },
      });
      expect((await blinkOnly('verify', recording('clips-dev/d9.mp4'))).code).toBe(EXIT.reject);
    });

    it("enrols from a folder of photographs under an operator's eyes and never accepts one of them", async () => {
      const odd = await pictures('odd', 'nuaa-dev/live/0001', 2, 1);
      const one = await pictures('one', 'nuaa-dev/live/0001', 1000, 0);
      const print = recording('nuaa-dev/print/0001');
      const enrolled = await veriframe('enrol', '--subject', 'n1', '--source', odd, '--policy', 'attended');
      expect(enrolled.code).toBe(EXIT.accept);
      const verify = async (source: string, policy: string) =>
        (await veriframe('verify', '--subject', 'n1', '--source', source, '--policy', policy)).code;
      for (const policy of ['standard', 'blink-only']) expect(await verify(one, policy)).toBe(EXIT.reject);
      for (const source of [one, print]) expect(await verify(source, 'passive')).not.toBe(EXIT.accept);
    });

    it('says with exit code 3 and a stable code what is wrong', async () => {
      const nobody = await veriframe(
        'verify',
        '--subject',
        'nobody',
        '--source',
        recording('clips-dev/d9.mp4'),
      );
      expect(nobody).toMatchObject({ code: 3, decision: { event: 'error', code: 'subject.unknown' } });
    });
  },
);
