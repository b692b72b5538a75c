import { describe, expect, it } from 'vitest';
import { createPerson, PERSON_PORTRAITS, preparePortrait, type Manner } from '../../simulator/index.ts';
import { startRealServer } from '../../tools/throwaway-server.ts';
import { subject } from '../support/people.ts';
import { enrol, play } from '../support/play.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/*
 * Other tests let the first and the third portrait stand for living people. Here the others are held to do so too, in
 * both manners. What is accepted here is a rendered injection: this says that the simulation is fit to test with, and
 * nothing about living people.
 */

const CASES: readonly (readonly [keyof typeof PERSON_PORTRAITS, Manner])[] = [
  ['second', 'lively'],
  ['fourth', 'calm'],
  ['fourth', 'lively'],
  ['fifth', 'calm'],
];
const SESSIONS = 2;

describe('the rendered person', () => {
  it.each(CASES)('of the %s portrait, %s, is taken for a living one', async (name, manner) => {
    const portrait = await preparePortrait(PERSON_PORTRAITS[name]);
    const clock = new VirtualClock();
    // The same challenges in every run: whether a drawn blink is seen must not be left to chance.
    const server = await startRealServer({ transport: 'auto', clock, seed: 7 });
    try {
      const presenterOf = (seed: number) => createPerson({ portrait, seed, manner });
      await enrol(server, clock, await presenterOf(1));
      const outcomes: string[] = [];
      for (let session = 0; session < SESSIONS; session++) {
        const presenter = await presenterOf(2 + session);
        const { decision } = await play(server, clock, { mode: 'verify', subject, presenter });
        outcomes.push(decision.outcome);
      }
      expect(outcomes).toEqual(Array.from({ length: SESSIONS }, () => 'accept'));
    } finally {
      await server.close();
    }
  });
});
