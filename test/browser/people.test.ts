import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { HOLD_MS } from '../../client/browser/element/hint-holder.ts';
import type { FaceAuth } from '../../client/browser/element/index.ts';
import { LANGUAGES } from '../../client/browser/element/words/index.ts';
import { chromiumPath } from '../../tools/chromium.ts';
import { useRig } from './support/rig.ts';
import type { Scenario } from './support/site.ts';
import { Visit } from './support/visit.ts';

const challenge = { kind: 'turn-left', number: 1, of: 2, remainingMs: 5000, skippable: true } as const;
const turning: Scenario = async (peer) => {
  await peer.welcome();
  peer.status({ phase: 'challenging', hint: 'do-challenge', challenge });
  await peer.takeFrames(10_000);
};
const rejecting: Scenario = async (peer) => {
  await peer.welcome();
  peer.decide({ outcome: 'reject', retry: 'now' });
};

/** Position at which the bead rests, relative to the middle of the stage, −1..1. */
const beadAcross = (page: Page) =>
  page.evaluate(async () => {
    const root = document.querySelector('face-auth')?.shadowRoot;
    const [stage, bead] = [root?.querySelector('.stage'), root?.querySelector('.bead')];
    if (stage == null || bead == null) return null;
    await Promise.all(bead.getAnimations().map(({ finished }) => finished));
    const [outer, inner] = [stage.getBoundingClientRect(), bead.getBoundingClientRect()];
    const half = outer.width / 2;
    return (inner.x + inner.width / 2 - (outer.x + half)) / half;
  });

describe.skipIf(chromiumPath === null)(
  'people before <face-auth> (skipped where no Chromium is found)',
  () => {
    const rig = useRig();

    it('use the keyboard alone: Tab, Enter, and the focus follows', async () => {
      await using visit = await Visit.open(rig.browser, rig.built);
      visit.site.play(rejecting);
      const focused = () =>
        visit.page.evaluate(() =>
          document.querySelector('face-auth')?.shadowRoot?.activeElement?.textContent?.trim(),
        );
      await visit.page.keyboard.press('Tab');
      expect(await focused()).toBe('Start');
      await visit.page.keyboard.press('Enter');
      await visit.reaches('failed');
      expect(await focused()).toBe('We could not confirm it’s you');
      await visit.page.keyboard.press('Tab');
      expect(await focused()).toBe('Try again');
      visit.site.play(turning);
      await visit.page.keyboard.press('Space');
      await visit.reads('Turn left');
      await visit.page.keyboard.press('Tab');
      expect(await focused()).toBe('I can’t do this one');
      await visit.page.keyboard.press('Escape');
      await visit.reaches('start');
      expect(await focused()).toBe('Confirm it’s you');
    });

    it('hear each challenge and each end from the live region', async () => {
      await using visit = await Visit.open(rig.browser, rig.built);
      const heard = visit.page.getByRole('status');
      await visit.start(turning);
      await heard.getByText('Step 1 of 2. Turn left').waitFor();
      await visit.page.getByRole('button', { name: 'Cancel' }).click();
      await visit.start(rejecting);
      await heard.getByText('We could not confirm it’s you.').waitFor();
    });

    it('R26: turn to their own left, which is the left of the mirrored picture, in both reading directions', async () => {
      await using visit = await Visit.open(rig.browser, rig.built, { query: '?locale=ar' });
      visit.site.play(turning);
      await visit.page.getByRole('button', { name: 'ابدأ' }).click();
      await visit.reads('التفت إلى اليسار');
      expect(await visit.page.locator('section').getAttribute('dir')).toBe('rtl');
      expect(await beadAcross(visit.page)).toBeLessThan(-0.4);
      const mirrored = await visit.page
        .locator('video')
        .evaluate((video) => getComputedStyle(video).transform);
      expect(mirrored).toMatch(/^matrix\(-1, 0, 0, 1/);
    });

    it('read their own language, and words the page has replaced', async () => {
      await using visit = await Visit.open(rig.browser, rig.built);
      for (const [locale, words] of Object.entries(LANGUAGES)) {
        await visit.page.evaluate((wanted) => {
          const element: FaceAuth | null = document.querySelector('face-auth');
          if (element !== null) element.locale = wanted;
        }, locale);
        await visit.page.getByRole('button', { name: words.start.button, exact: true }).waitFor();
      }
      await visit.page.evaluate(() => {
        const element: FaceAuth | null = document.querySelector('face-auth');
        if (element !== null)
          Object.assign(element, { locale: 'de-AT', words: { start: { button: 'Los' } } });
      });
      await visit.page.getByRole('button', { name: 'Los', exact: true }).waitFor();
      await visit.page.getByRole('heading', { name: LANGUAGES['de']?.start.verify ?? '' }).waitFor();
    });

    it('see no motion except progress when they prefer reduced motion', async () => {
      await using visit = await Visit.open(rig.browser, rig.built, { reducedMotion: 'reduce' });
      await visit.start(turning);
      await visit.reads('Turn left');
      const running = await visit.page.evaluate(
        () => document.querySelector('face-auth')?.shadowRoot?.getAnimations().length,
      );
      expect(running).toBe(0);
      expect(await beadAcross(visit.page)).toBeLessThan(-0.4);
    });

    it('use a kiosk that returns to its start screen by itself', async () => {
      const options = { query: '?kiosk&reset-after-ms=300', ownClock: true };
      await using visit = await Visit.open(rig.browser, rig.built, options);
      await visit.start(rejecting);
      await visit.reaches('failed');
      await visit.letTimeRunUntil(visit.reaches('start'));
    });

    it('see one hint at a time for at least 900 ms, however fast the server sends them', async () => {
      await using visit = await Visit.open(rig.browser, rig.built, { ownClock: true });
      await visit.page.evaluate(() => {
        const shown: { text: string; atMs: number }[] = [];
        const root = document.querySelector('face-auth')?.shadowRoot;
        if (root == null) return;
        const look = () => {
          const text = root.querySelector('.line:not(.leaving)')?.textContent ?? '';
          if (text !== shown.at(-1)?.text) shown.push({ text, atMs: performance.now() });
        };
        new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true });
        Object.assign(globalThis, { shown });
      });
      const hints = ['move-closer', 'move-back', 'too-dark', 'centre-face'] as const;
      await visit.start(async (peer) => {
        await peer.welcome();
        for (let round = 0; round < 24; round += 1) {
          peer.status({ hint: hints[round % hints.length] ?? 'wait' });
          await peer.takeFrames(2);
        }
        peer.decide({ outcome: 'reject', retry: 'now' });
      });
      await visit.letTimeRunUntil(visit.reaches('failed'));
      const shown = await visit.page.evaluate(
        () => (globalThis as unknown as { shown: { text: string; atMs: number }[] }).shown,
      );
      const lines = shown.filter(({ text }) => text !== '');
      expect(lines.length).toBeGreaterThan(1);
      for (const [index, { atMs }] of lines.slice(1).entries())
        expect(atMs - (lines[index]?.atMs ?? 0)).toBeGreaterThanOrEqual(HOLD_MS);
    });
  },
);
