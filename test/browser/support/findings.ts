import axeCore from 'axe-core';
import type { Page } from 'playwright-core';

declare global {
  var axe: typeof axeCore;
}

/**
 * The findings of axe on a page, and whether anything overflows the viewport. It waits for fades and other finite
 * animations, because axe would measure the contrast of a half-transparent text.
 */
export async function findingsOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeCore.source);
  await motionEnds(page);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  return [
    ...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
    ...(overflow > 0 ? [`sticks out by ${overflow} px`] : []),
  ];
}

/** Waits for every finite animation and transition of the page and of its shadow trees. Endless animations go on. */
export async function motionEnds(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const isFinite = ({ effect }: Animation) => effect?.getComputedTiming().iterations !== Infinity;
    const finite = () => {
      const hosts = [...document.querySelectorAll('*')].map(({ shadowRoot }) => shadowRoot);
      const trees = [document, ...hosts.filter((tree) => tree !== null)];
      return trees.flatMap((tree) => tree.getAnimations()).filter(isFinite);
    };
    // The end of an animation may start another: a line that leaves makes room for the next.
    for (let moving = finite(); moving.length > 0; moving = finite())
      await Promise.allSettled(moving.map(({ finished }) => finished));
  });
}
