import { describe, expect, it } from 'vitest';
import type { Hello, PossessionAnswer } from '../../protocol/upstream.ts';
import { chromiumPath } from '../../tools/chromium.ts';
import { useRig } from './support/rig.ts';
import type { Scenario } from './support/site.ts';
import { Visit } from './support/visit.ts';

interface Heard {
  hello?: Hello;
  answer?: PossessionAnswer;
  framesBefore?: number;
}

const OF_ANOTHER_SITE = {
  task: 'assert',
  challenge: 'AAAA',
  rpId: 'shop.example',
  userVerification: 'preferred',
} as const;

/** Asks for a key of another site, which the browser refuses, and lets the person go on without. */
const askingInVain =
  (heard: Heard): Scenario =>
  async (peer) => {
    await peer.until(() => peer.heard.length > 0);
    const [hello] = peer.heard;
    if (hello?.type === 'hello') heard.hello = hello;
    const isAsked = hello?.type === 'hello' && hello.possession === true;
    await peer.welcome({}, isAsked ? { possession: OF_ANOTHER_SITE } : {});
    if (isAsked) {
      await peer.until(() => peer.heard.some(({ type }) => type === 'possession'));
      heard.framesBefore = peer.frames.length;
      const answer = peer.heard.find(({ type }) => type === 'possession');
      if (answer?.type === 'possession') heard.answer = answer;
    }
    await peer.takeFrames(2);
    peer.decide({ outcome: 're-verify', retry: 'now', cause: 'possession' });
  };

describe.skipIf(chromiumPath === null)(
  'the key of a device in <face-auth> (skipped where no Chromium is found)',
  () => {
    const rig = useRig();

    it('R48, R49: is announced, asked for before the first picture, and declined where the browser refuses', async () => {
      await using visit = await Visit.open(rig.browser, rig.built, { query: '?possession' });
      const announced = visit.page.getByText('This device may ask for your fingerprint, face or PIN.');
      await announced.waitFor();
      const heard: Heard = {};
      await visit.start(askingInVain(heard));
      await visit.page.getByRole('heading', { name: 'This device is new here' }).waitFor();
      expect(heard).toMatchObject({
        hello: { possession: true },
        answer: { type: 'possession' },
        framesBefore: 0,
      });
      expect(heard.answer?.assertion).toBeUndefined();
      const told = await visit.page.evaluate(() => globalThis.told);
      expect(told.find(({ type }) => type === 'key')?.detail).toEqual({ result: 'declined' });
      expect(told.find(({ type }) => type === 'failed')?.detail).toMatchObject({ cause: 'possession' });
    });

    it('is neither announced nor offered unless the page wants it', async () => {
      await using visit = await Visit.open(rig.browser, rig.built);
      const heard: Heard = {};
      await visit.start(askingInVain(heard));
      await visit.page.getByRole('heading', { name: 'This device is new here' }).waitFor();
      expect(heard.hello?.possession).toBeUndefined();
      expect(heard.answer).toBeUndefined();
    });
  },
);
