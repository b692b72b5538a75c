import { describe, expect, it } from 'vitest';
import { download } from '../../models/prepare/download.ts';
import { sha256 } from '../../models/file-stamp.ts';
import { withServer } from './http-server.ts';

const PAYLOAD = Buffer.from('weights as they should be');

describe('a download is refused', () => {
  const expected = { sha256: sha256(PAYLOAD), bytes: PAYLOAD.length };
  const wrong = Buffer.from(PAYLOAD).fill(0);

  it.each([
    { what: 'when its hash differs', body: wrong, why: /SHA-256/ },
    { what: 'when it is too short', body: PAYLOAD.subarray(1), why: /SHA-256/ },
    { what: 'when it is too long', body: Buffer.concat([PAYLOAD, PAYLOAD]), why: /too long/ },
  ])('$what', async ({ body, why }) => {
    await withServer(
      (_, response) => response.end(body),
      async (url) => {
        expect(await download(url, expected)).toEqual({ ok: false, why: expect.stringMatching(why) });
      },
    );
  });

  it('when the server does not answer in time', async () => {
    await withServer(
      () => {},
      async (url) => {
        const limits = { answerWithinMs: 50, finishWithinMs: 60_000 };
        expect(await download(url, expected, limits)).toMatchObject({ ok: false, why: /in time/ });
      },
    );
  });

  it('when the server does not finish in time', async () => {
    await withServer(
      (_, response) => response.write(PAYLOAD.subarray(0, 4)),
      async (url) => {
        const limits = { answerWithinMs: 5_000, finishWithinMs: 100 };
        expect(await download(url, expected, limits)).toMatchObject({ ok: false, why: /in time/ });
      },
    );
  });
});
