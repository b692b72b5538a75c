import type { BrowserContext, Page } from 'playwright-core';
import type { ScriptedPeer } from './scripted-peer.ts';
import type { Scenario } from './site.ts';

/** One screen that a person may see, and how a session gets there. */
export interface Screen {
  readonly name: string;
  /** The element's `screen` attribute on that screen. */
  readonly screen: string;
  readonly scenario?: Scenario;
  /** Prepares the page and the browser before the start. */
  readonly before?: (page: Page, context: BrowserContext) => Promise<void>;
  /** What the server does once pictures stream. */
  readonly during?: (page: Page, context: BrowserContext) => Promise<void>;
  /** The line that the screen shows. */
  readonly line?: string;
}

const face = { x: 0.3, y: 0.2, width: 0.4, height: 0.55 };
const blink = { kind: 'blink', number: 1, of: 2, remainingMs: 5000, skippable: true } as const;
const turn = { kind: 'turn-left', number: 2, of: 2, remainingMs: 5000, skippable: false } as const;

const showing =
  (status: Parameters<ScriptedPeer['status']>[0]): Scenario =>
  async (peer) => {
    await peer.welcome();
    peer.status(status);
    await peer.takeFrames(10_000);
  };
const deciding =
  (outcome: 'accept' | 'reject' | 're-verify'): Scenario =>
  async (peer) => {
    await peer.welcome();
    await peer.takeFrames(2);
    peer.decide({ outcome, retry: outcome === 'accept' ? 'never' : 'now' });
  };

export const SCREENS: readonly Screen[] = [
  { name: 'start', screen: 'start' },
  {
    name: 'permission',
    screen: 'permission',
    before: async (page, context) => {
      await context.clearPermissions();
      await page.evaluate(() => {
        navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
      });
    },
  },
  { name: 'connecting', screen: 'connecting', line: 'Getting ready', scenario: () => {} },
  {
    name: 'move-to-middle',
    screen: 'streaming',
    line: 'Move to the middle',
    scenario: showing({ hint: 'centre-face', face: { ...face, x: 0.1, y: 0.15 }, progress: 0.2 }),
  },
  {
    name: 'hold-still',
    screen: 'streaming',
    line: 'Hold still',
    scenario: showing({ hint: 'hold-still', face, progress: 0.9 }),
  },
  {
    name: 'blink',
    screen: 'streaming',
    line: 'Blink once',
    scenario: showing({ phase: 'challenging', hint: 'do-challenge', face, progress: 0, challenge: blink }),
  },
  {
    name: 'turn-left',
    screen: 'streaming',
    line: 'Turn left',
    scenario: showing({ phase: 'challenging', hint: 'do-challenge', face, progress: 0.5, challenge: turn }),
  },
  {
    name: 'turned-left',
    screen: 'streaming',
    line: 'Look straight ahead',
    scenario: showing({ phase: 'challenging', hint: 'look-straight', face, progress: 0.75, challenge: turn }),
  },
  {
    name: 'matching',
    screen: 'streaming',
    line: 'One moment',
    scenario: showing({ phase: 'matching', hint: 'wait', face, progress: 0.8 }),
  },
  { name: 'passed', screen: 'passed', scenario: deciding('accept') },
  { name: 'reject', screen: 'failed', scenario: deciding('reject') },
  { name: 're-verify', screen: 'failed', scenario: deciding('re-verify') },
  { name: 'denied', screen: 'denied', before: async (_page, context) => context.clearPermissions() },
  {
    name: 'offline',
    screen: 'offline',
    scenario: showing({ hint: 'hold-still', face }),
    during: async (_page, context) => context.setOffline(true),
  },
  {
    name: 'error',
    screen: 'error',
    scenario: async (peer) => {
      await peer.welcome();
      peer.fail('server.internal');
    },
  },
];
