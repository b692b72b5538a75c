import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../../tools/chromium.ts';
import { findingsOn } from './support/findings.ts';
import { useRig } from './support/rig.ts';
import type { Scenario } from './support/site.ts';
import { Visit } from './support/visit.ts';

declare global {
  var changes: string[];
}

const challenge = { kind: 'turn-left', number: 1, of: 1, remainingMs: 5000, skippable: true } as const;

const accepting: Scenario = async (peer) => {
  await peer.welcome();
  peer.status({ hint: 'hold-still', progress: 0.5 });
  await peer.takeFrames(3);
  peer.status({ phase: 'challenging', hint: 'do-challenge', challenge });
  await peer.takeFrames(3);
  peer.decide({ outcome: 'accept', token: 'signed', retry: 'never' });
};
const streaming: Scenario = async (peer) => {
  await peer.welcome();
  peer.status({ phase: 'challenging', hint: 'do-challenge', challenge });
  await peer.takeFrames(10_000);
};

describe.skipIf(chromiumPath === null)('<face-auth> in Chromium (skipped where none is found)', () => {
  const rig = useRig();

  it('goes from the start to passed, sends the page an event for each step, and turns the camera off', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(accepting);
    await visit.reaches('passed');
    const told = await visit.told();
    expect(told.map(({ type }) => type)).toEqual([
      'ready',
      'permission',
      'connecting',
      'streaming',
      'status',
      'status',
      'challenge',
      'passed',
    ]);
    expect(told.at(-1)?.detail).toEqual({ mode: 'verify', token: 'signed' });
    expect(told.at(-2)?.detail).toEqual(challenge);
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
    expect(await visit.page.getByRole('heading', { name: 'It’s you' }).isVisible()).toBe(true);
  });

  it('sends readable pictures in order, below the announced rate, and violates no content security policy', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    const maxFramesPerSecond = 8;
    await visit.start(async (peer) => {
      await peer.welcome({ maxFramesPerSecond, credit: 30 });
      await peer.until(() => peer.frames.length >= 12);
      peer.decide({ outcome: 'accept', retry: 'never' });
    });
    await visit.reaches('passed');
    const frames = visit.site.peers[0]?.frames ?? [];
    for (const { image } of frames) {
      const { format, width, height } = await sharp(image).metadata();
      expect(['jpeg', 'webp']).toContain(format);
      expect([width, height]).toEqual([640, 480]);
    }
    const times = frames.map(({ capturedAtMs }) => capturedAtMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
    expect((times.length - 1) / seconds).toBeLessThanOrEqual(maxFramesPerSecond);
    expect(await visit.page.evaluate(() => globalThis.refused)).toEqual([]);
    expect(visit.page.workers()).toEqual([]);
  });

  it('says politely that it could not confirm, and offers no retry that cannot help', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(async (peer) => {
      await peer.welcome();
      peer.decide({ outcome: 'reject', retry: 'never' });
    });
    await visit.page.getByRole('heading', { name: 'We could not confirm it’s you' }).waitFor();
    expect(await visit.page.getByRole('button').count()).toBe(0);
    expect(await visit.page.getByText('Please use another way in.').first().isVisible()).toBe(true);
    expect(await visit.page.getByRole('link', { name: 'Use your password' }).isVisible()).toBe(true);
    expect(await visit.lastTold()).toEqual({
      type: 'failed',
      detail: { mode: 'verify', outcome: 'reject', retryable: false },
    });
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('asks for one more look and passes with a new session and a new ticket', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(async (peer) => {
      await peer.welcome();
      await peer.takeFrames(2);
      peer.decide({ outcome: 're-verify', retry: 'now' });
    });
    await visit.page.getByRole('heading', { name: 'We need one more look' }).waitFor();
    await visit.start(accepting, 'Try again');
    await visit.reaches('passed');
    expect(await visit.cameras()).toEqual({ opened: 2, live: 0 });
  });

  it('says what to do when the camera is denied, and continues once it is allowed', async () => {
    await using visit = await Visit.open(rig.browser, rig.built, { camera: 'refused' });
    await visit.start(accepting);
    await visit.reaches('denied');
    expect(await visit.lastTold()).toMatchObject({
      type: 'error',
      detail: { code: 'camera.denied', retryable: true },
    });
    await visit.context.grantPermissions(['camera']);
    await visit.start(accepting, 'Try again');
    await visit.reaches('passed');
  });

  it.each([
    ['server.busy', true, 'Many people are here right now'],
    ['server.internal', true, 'The connection was interrupted'],
    ['ticket.invalid', true, 'The connection was interrupted'],
    ['message.invalid', false, 'This does not work here'],
  ] as const)('R30: %s ends the session with that code', async (code, retryable, title) => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start((peer) => peer.fail(code));
    await visit.page.getByRole('heading', { name: title }).waitFor();
    expect(await visit.lastTold()).toMatchObject({ type: 'error', detail: { code, retryable } });
    expect(await visit.page.getByRole('button', { name: 'Try again' }).count()).toBe(retryable ? 1 : 0);
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('reports a cut connection and recovers', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(async (peer) => {
      await peer.welcome();
      await peer.takeFrames(2);
      peer.cut();
    });
    await visit.reaches('error');
    expect(await visit.lastTold()).toMatchObject({ detail: { code: 'connection.lost', retryable: true } });
    await visit.start(accepting, 'Try again');
    await visit.reaches('passed');
  });

  it('detects at once that the network is lost, and recovers when it is back', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(streaming);
    await visit.reaches('streaming');
    await visit.context.setOffline(true);
    await visit.reaches('offline');
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
    await visit.context.setOffline(false);
    await visit.start(accepting, 'Try again');
    await visit.reaches('passed');
  });

  it('reports a ticket that could not be fetched', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    visit.site.refuseTickets(true);
    await visit.start(accepting);
    await visit.reaches('error');
    expect(await visit.lastTold()).toMatchObject({ detail: { code: 'ticket.failed', retryable: true } });
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('reports a camera that is unplugged', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(streaming);
    await visit.reaches('streaming');
    await visit.page.evaluate(() => globalThis.tracks[0]?.dispatchEvent(new Event('ended')));
    await visit.reaches('error');
    expect(await visit.lastTold()).toMatchObject({ detail: { code: 'camera.lost', retryable: true } });
    await visit.page.getByRole('heading', { name: 'The camera is not available' }).waitFor();
  });

  it.each([
    ['the button', (visit: Visit) => visit.page.getByRole('button', { name: 'Cancel' }).click()],
    ['Escape', (visit: Visit) => visit.page.keyboard.press('Escape')],
    [
      'removal from the page',
      (visit: Visit) => visit.page.locator('face-auth').evaluate((element) => element.remove()),
    ],
  ] as const)('R29: %s says bye and turns the camera off', async (_way, leave) => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(streaming);
    await visit.reaches('streaming');
    await leave(visit);
    const [peer] = visit.site.peers;
    expect(await peer?.closed).toBe(1000);
    expect(peer?.heard.at(-1)).toEqual({ type: 'bye', reason: 'cancelled' });
    expect((await visit.lastTold())?.type).toBe('cancel');
    expect(await visit.cameras()).toEqual({ opened: 1, live: 0 });
  });

  it('shows the server’s colours around the picture, skips those that come too fast, and sends their numbers with the frames', async () => {
    await using visit = await Visit.open(rig.browser, rig.built, { query: '?flash', ownClock: true });
    const { page } = visit;
    const choice = page.getByRole('checkbox', { name: 'Without colours' });
    expect(await choice.isChecked()).toBe(false);
    expect(await page.getByText('Colours change around the picture').isVisible()).toBe(true);
    expect(await visit.letTimeRunUntil(findingsOn(page))).toEqual([]);
    await page.evaluate(() => {
      const frame = document.querySelector('face-auth')?.shadowRoot?.querySelector<HTMLElement>('.frame');
      globalThis.changes = [];
      if (!frame) return;
      new MutationObserver(() => {
        const colour = frame.style.getPropertyValue('--colour');
        if (colour !== (globalThis.changes.at(-1) ?? '')) globalThis.changes.push(colour);
      }).observe(frame, { attributeFilter: ['style'] });
    });
    const flashing = (number: number, colour: string) => ({ flash: { number, colour, of: 4 } });
    await visit.start(async (peer) => {
      await peer.welcome();
      const matching = { phase: 'matching', hint: 'hold-still' } as const;
      peer.status({ ...matching, ...flashing(1, '#ffb400') });
      peer.status({ ...matching, ...flashing(2, '#ffffff') });
      peer.status({ ...matching, ...flashing(3, '#4a7dff') });
      await peer.until(() => peer.frames.at(-1)?.shown === 3 || (peer.credit(1), false));
      peer.status({ ...matching, ...flashing(4, '#00e05a') });
      await peer.until(() => peer.frames.at(-1)?.shown === 4 || (peer.credit(1), false));
    });
    // Three colours come at one instant of the page's time.
    await page.waitForFunction(() => globalThis.told.filter(({ type }) => type === 'status').length === 3);
    await visit.letTimeRunUntil(page.waitForFunction(() => globalThis.changes.length === 3));
    await page.clock.resume();
    const painted = await page.evaluate(() => {
      const root = document.querySelector('face-auth')?.shadowRoot;
      const styleOf = (name: string) => getComputedStyle(root?.querySelector(name) ?? document.body);
      const { backgroundColor, boxShadow } = styleOf('.frame');
      return { backgroundColor, boxShadow, shade: styleOf('.shade').fill, oval: styleOf('.oval').fill };
    });
    expect(painted).toMatchObject({ backgroundColor: 'rgb(0, 224, 90)', shade: 'rgb(0, 224, 90)' });
    expect(painted.boxShadow).toContain('rgb(0, 224, 90)');
    expect(painted.oval).toBe('rgba(0, 0, 0, 0)');
    expect(await findingsOn(page)).toEqual([]);

    expect(await page.evaluate(() => globalThis.changes)).toEqual(['#ffb400', '#4a7dff', '#00e05a']);
    const [peer] = visit.site.peers;
    expect(peer?.heard[0]).toMatchObject({ type: 'hello', flash: true });
    expect(new Set(peer?.frames.map(({ shown }) => shown))).not.toContain(2);
  });

  it.each([
    ['less motion is preferred', 'reduce', false],
    ['the person leaves them out', 'no-preference', true],
  ] as const)('R39: offers no colours where %s', async (_why, reducedMotion, leaveOut) => {
    await using visit = await Visit.open(rig.browser, rig.built, { query: '?flash', reducedMotion });
    const choice = visit.page.getByRole('checkbox', { name: 'Without colours' });
    expect(await choice.count()).toBe(leaveOut ? 1 : 0);
    if (leaveOut) await choice.check();
    await visit.start(accepting);
    await visit.reaches('passed');
    expect(visit.site.peers[0]?.heard[0]).not.toHaveProperty('flash');
  });

  it('R25: asks for another challenge, and continues when there is none', async () => {
    await using visit = await Visit.open(rig.browser, rig.built);
    await visit.start(async (peer) => {
      await peer.welcome();
      peer.status({ phase: 'challenging', hint: 'do-challenge', challenge });
      await peer.until(() => peer.heard.some(({ type }) => type === 'skip'));
      peer.send({ type: 'error', code: 'skip.not_allowed', message: 'No skip is left.', retry: 'never' });
      const other = { ...challenge, kind: 'blink', skippable: false } as const;
      peer.status({ phase: 'challenging', hint: 'do-challenge', challenge: other });
      await peer.takeFrames(10_000);
    });
    await visit.page.getByRole('button', { name: 'I can’t do this one' }).click();
    await visit.reads('Blink once');
    expect(await visit.page.getByRole('button', { name: 'I can’t do this one' }).count()).toBe(0);
  });
});
