import { describe, expect, it } from 'vitest';
import { readWorkerMessage } from '../../server/inference/worker-messages.ts';

const analysis = { width: 1, height: 1, face: { found: false, why: 'no-face' }, blocks: [], pixelDigest: '' };

describe('what a worker says', () => {
  it.each([
    { type: 'ready' },
    { type: 'failed', detail: 'no memory' },
    { type: 'failed', detail: 'no card', provider: 'cuda' },
    { type: 'reply', reply: { ok: true, analysis, timings: { totalMs: 1 } } },
    { type: 'reply', reply: { ok: false, code: 'frame.undecodable' } },
    { type: 'reply', reply: { ok: false, code: 'server.internal' }, failure: 'no memory' },
  ])('is understood: %j', (message) => {
    expect(readWorkerMessage(message)).toEqual(message);
  });

  it.each([
    null,
    undefined,
    7,
    'ready',
    [],
    {},
    { type: 'settings' },
    { type: 'failed' },
    { type: 'failed', detail: {} },
    { type: 'failed', detail: 'no card', provider: 'abacus' },
    { type: 'reply' },
    { type: 'reply', reply: null },
    { type: 'reply', reply: { ok: true } },
    { type: 'reply', reply: { ok: true, analysis: null, timings: {} } },
    { type: 'reply', reply: { ok: false, code: 'subject.locked' } },
  ])('is not taken for a message where a worker of ours would not say it: %j', (message) => {
    expect(readWorkerMessage(message)).toBeNull();
  });

  it('fills no log, however long it is', () => {
    expect(readWorkerMessage({ type: 'failed', detail: 'x'.repeat(1e6) })).toEqual({
      type: 'failed',
      detail: 'x'.repeat(200),
    });
  });
});
