import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRealServer, type RealServer } from '../support/real-server.ts';
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
      server = await startRealServer({ transport: 'uws', env: { VERIFRAME_WORKERS: '2' } });
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

    const clip = (name: string) => recording(`clips-dev/${name}`);

    it('enrols from photographs, then knows the person in a clip, and nobody else', async () => {
      const enrolled = await veriframe(
        'enrol',
        '--subject',
        'd14',
        '--source',
        clip('d14.mp4'),
        '--policy',
        'blink-only',
      );
      expect(enrolled.code).toBe(EXIT.accept);

      const same = await veriframe(
        'verify',
        '--subject',
        'd14',
        '--source',
        clip('d14.mp4'),
        '--policy',
        'blink-only',
      );
      expect(same).toMatchObject({ code: EXIT.accept, decision: { outcome: 'accept' } });

      const other = await veriframe(
        'verify',
        '--subject',
        'd14',
        '--source',
        clip('d9.mp4'),
        '--policy',
        'blink-only',
      );
      expect(other.code).toBe(EXIT.reject);
    });

    it("enrols from a folder of photographs under an operator's eyes and never accepts one of them", async () => {
      const odd = await pictures('odd', 'nuaa-dev/live/0001', 2, 1);
      const one = await pictures('one', 'nuaa-dev/live/0001', 1000, 0);
      const print = recording('nuaa-dev/print/0001');
      const enrolled = await veriframe('enrol', '--subject', 'n1', '--source', odd, '--policy', 'attended');
      expect(enrolled.code).toBe(EXIT.accept);
      for (const policy of ['standard', 'blink-only', 'passive'])
        expect(
          (await veriframe('verify', '--subject', 'n1', '--source', one, '--policy', policy)).code,
        ).not.toBe(EXIT.accept);
      expect(
        (await veriframe('verify', '--subject', 'n1', '--source', print, '--policy', 'passive')).code,
      ).not.toBe(EXIT.accept);
    });

    it('says with exit code 3 and a stable code what is wrong', async () => {
      const nobody = await veriframe('verify', '--subject', 'nobody', '--source', clip('d9.mp4'));
      expect(nobody).toMatchObject({ code: 3, decision: { event: 'error', code: 'subject.unknown' } });
    });
  },
);
