import { describe, expect, it } from 'vitest';
import type * as Sdk from '../../client/browser/sdk/index.ts';
import { chromiumPath } from '../../tools/chromium.ts';
import { useRig } from './support/rig.ts';
import { Visit } from './support/visit.ts';

declare global {
  var sdk: typeof Sdk;
  var fetchTicket: () => Promise<string>;
}

describe.skipIf(chromiumPath === null)('SDK in Chromium (skipped where none is found)', () => {
  const rig = useRig();

  it('yields every event in order and ends after the decision', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.play(async (peer) => {
      await peer.welcome();
      peer.status({ hint: 'move-closer' });
      await peer.takeFrames(2);
      peer.decide({ outcome: 'accept', token: 'signed', retry: 'never' });
    });
    const { types, end, state } = await visit.page.evaluate(async () => {
      const session = sdk.createFaceSession({ url: '/v1/stream', ticket: () => fetchTicket() });
      const seen: string[] = [];
      for await (const event of session) seen.push(event.type);
      return { types: seen, end: await session.ended, state: session.state.kind };
    });
    expect(types).toEqual(['permission', 'camera', 'connecting', 'streaming', 'status', 'decision']);
    expect(end).toEqual({ type: 'decision', outcome: 'accept', token: 'signed', retryable: false });
    expect(state).toBe('ended');
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it.each(['signal', 'break'])('turns everything off on %s', async (way) => {
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.play(async (peer) => {
      await peer.welcome();
      await peer.takeFrames(10_000);
    });
    const end = await visit.page.evaluate(async (leaveBy) => {
      const abort = new AbortController();
      const session = sdk.createFaceSession({
        url: '/v1/stream',
        ticket: () => fetchTicket(),
        signal: abort.signal,
      });
      for await (const event of session) {
        if (event.type !== 'streaming') continue;
        if (leaveBy === 'break') break;
        abort.abort();
      }
      return session.ended;
    }, way);
    expect(end).toEqual({ type: 'cancelled' });
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
    expect(await visit.site.peers[0]?.closed).toBe(1000);
  });

  it.each([
    { maxDepthPixels: 512, sent: { width: 26, height: 19 } },
    { maxDepthPixels: 5000, sent: { width: 64, height: 48 } },
    { maxDepthPixels: undefined, sent: null },
  ])('R43, R44: sends what a depth sensor sees with all frames, as far as the server takes it: $sent', async (row) => {
    const { maxDepthPixels, sent } = row;
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.play(async (peer) => {
      await peer.welcome(maxDepthPixels === undefined ? {} : { maxDepthPixels });
      await peer.takeFrames(3);
      peer.decide({ outcome: 'accept', retry: 'never' });
    });
    await visit.page.evaluate(async () => {
      let asked = 0;
      const session = sdk.createFaceSession({
        url: '/v1/stream',
        ticket: () => fetchTicket(),
        depth: () => {
          asked += 1;
          if (asked === 1) return null;
          return { width: 64, height: 48, data: new Uint8Array(2 * 64 * 48).fill(asked) };
        },
      });
      await session.ended;
    });
    const [peer] = visit.site.peers;
    expect(peer?.violations).toEqual([]);
    expect(peer?.frames.length).toBeGreaterThanOrEqual(3);
    for (const { depth } of peer?.frames ?? []) {
      if (sent === null) expect(depth).toBeUndefined();
      else expect(depth).toMatchObject(sent);
    }
  });

  it('fails with a code when a depth image has no shape that a frame may carry', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.play(async (peer) => {
      await peer.welcome({ maxDepthPixels: 5000 });
      await peer.takeFrames(1);
    });
    const end = await visit.page.evaluate(async () => {
      const { ended } = sdk.createFaceSession({
        url: '/v1/stream',
        ticket: () => fetchTicket(),
        depth: () => ({ width: 64, height: 48, data: new Uint8Array(5) }),
      });
      const reached = await ended;
      return reached.type === 'failed' ? reached.error.code : reached.type;
    });
    expect(end).toBe('capture.failed');
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('releases a camera that is allowed after the session was cancelled', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.page.evaluate(async () => {
      const session = sdk.createFaceSession({ url: '/v1/stream', ticket: () => fetchTicket() });
      session.subscribe(({ type }) => {
        if (type === 'permission') setTimeout(() => session.cancel());
      });
      await session.ended;
    });
    await expect.poll(() => visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('R1: fails with a code where no veriframe server answers', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    const failed = await visit.page.evaluate(async () => {
      const { ended } = sdk.createFaceSession({ url: '/page.js', ticket: () => 'a-ticket-for-nobody' });
      const end = await ended;
      return end.type === 'failed' ? { code: end.error.code, retry: end.error.retry } : null;
    });
    expect(failed).toEqual({ code: 'connection.refused', retry: 'backoff' });
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('remembers the camera that was used, unless told not to', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.play(async (peer) => {
      await peer.welcome();
      peer.decide({ outcome: 'accept', retry: 'never' });
    });
    const runs = await visit.page.evaluate(async () => {
      const run = async (remember: boolean) => {
        const { ended } = sdk.createFaceSession({
          url: '/v1/stream',
          ticket: () => fetchTicket(),
          camera: { remember },
        });
        await ended;
        return sdk.rememberedCamera();
      };
      const forgotten = await run(false);
      const remembered = await run(true);
      const [camera] = await sdk.listCameras();
      return { forgotten, isRemembered: remembered !== null && remembered === camera?.deviceId };
    });
    expect(runs).toEqual({ forgotten: null, isRemembered: true });
  });
});
