import { sha256 } from '../file-stamp.ts';

/** Time limits of a download for the start of the response and for its end. */
const TIME_LIMITS = { answerWithinMs: 5_000, finishWithinMs: 60_000 } as const;

type DownloadResult =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: string };

/**
 * Makes one attempt to fetch a file of known size and hash, within time limits. Reads at most the expected number of
 * bytes. Never throws: a failure is returned with its cause in a few words.
 */
export async function download(
  url: string,
  expected: { readonly sha256: string; readonly bytes: number },
  limits: { readonly answerWithinMs: number; readonly finishWithinMs: number } = TIME_LIMITS,
): Promise<DownloadResult> {
  const abort = new AbortController();
  const answerTimer = setTimeout(() => abort.abort(), limits.answerWithinMs);
  const finishTimer = setTimeout(() => abort.abort(), limits.finishWithinMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(answerTimer);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return { ok: false, why: `the server answered ${response.status}` };
    }
    const bytes = new Uint8Array(expected.bytes);
    let received = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      if (received + chunk.byteLength > bytes.byteLength) return { ok: false, why: 'the file is too long' };
      bytes.set(chunk, received);
      received += chunk.byteLength;
    }
    if (received < bytes.byteLength || sha256(bytes) !== expected.sha256) {
      return { ok: false, why: 'the file does not match its SHA-256' };
    }
    return { ok: true, bytes };
  } catch {
    return { ok: false, why: abort.signal.aborted ? 'the server did not answer in time' : 'no connection' };
  } finally {
    clearTimeout(answerTimer);
    clearTimeout(finishTimer);
    abort.abort();
  }
}
