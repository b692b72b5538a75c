import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttemptLimiter } from '../../client/demo/backend/attempt-limiter.ts';
import { openDatabase } from '../../client/demo/backend/database.ts';
import { DemoError } from '../../client/demo/backend/errors.ts';
import { SignIns } from '../../client/demo/backend/sign-ins.ts';
import { Users } from '../../client/demo/backend/users.ts';

/** The error of an attempt, or null when it was allowed. */
function refusalOf(limiter: AttemptLimiter, key: string): DemoError | null {
  try {
    limiter.attempt(key);
    return null;
  } catch (error) {
    if (error instanceof DemoError) return error;
    throw error;
  }
}

describe('attempts by one key', () => {
  it('are allowed again exactly after the announced time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 6, maxLength: 40 }),
        (most, pausesS) => {
          let nowMs = 0;
          const limiter = new AttemptLimiter({ most, withinMs: 60_000 }, () => nowMs);
          let refusals = 0;
          for (const pauseS of pausesS) {
            nowMs += 1000 * pauseS;
            const refusal = refusalOf(limiter, 'key');
            if (refusal === null) continue;
            refusals++;
            const seconds = refusal.retryAfterSeconds ?? 0;
            expect(seconds).toBeGreaterThan(0);
            nowMs += 1000 * (seconds - 1);
            expect(refusalOf(limiter, 'key')?.retryAfterSeconds).toBe(1);
            nowMs += 999;
            expect(refusalOf(limiter, 'key')?.retryAfterSeconds).toBe(1);
            nowMs += 1;
            expect(refusalOf(limiter, 'key')).toBeNull();
          }
          expect(refusalOf(limiter, 'another'), `after ${refusals} refusals`).toBeNull();
        },
      ),
    );
  });
});

describe('the sign-in history of an account', () => {
  it('keeps accepted sign-ins and their places, however many refused ones follow', () => {
    const database = openDatabase(':memory:');
    let nowMs = 0;
    const user = new Users(database, () => nowMs).add({
      username: 'ada',
      email: 'a@b.c',
      passwordHash: null,
    });
    const signIns = new SignIns(database, () => nowMs);
    signIns.add(user.id, 'password', 'accepted', { device: 'Firefox', place: '192.0.2.0/24' });
    for (let guess = 0; guess < 500; guess++) {
      nowMs++;
      signIns.add(user.id, 'password', 'refused', { device: 'Other', place: '203.0.113.0/24' });
    }
    expect(signIns.wasAcceptedFrom(user.id, '192.0.2.0/24')).toBe(true);
    expect(signIns.wasAcceptedFrom(user.id, '203.0.113.0/24')).toBe(false);
    const kept = signIns.ofUser(user.id);
    expect(kept.filter(({ result }) => result === 'refused')).toHaveLength(200);
    expect(kept.at(-1)).toMatchObject({ result: 'accepted', device: 'Firefox' });
    database.close();
  });
});
