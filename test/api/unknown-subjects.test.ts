import { describe, expect, it } from 'vitest';
import { createSession } from '../../server/api/sessions.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { decoyReference, withDecoys } from '../../server/subjects/decoy.ts';
import { matchReferences } from '../../server/matching/match.ts';
import type { StoredReference } from '../../server/store/ports.ts';
import { seededDraws } from '../../simulator/seeded.ts';
import { createContext } from '../gateway/harness.ts';

const ROUNDS = 300;
const MODELS = ['faceres', 'dlib', 'mobilefacenet'] as const;

describe('verifying a subject that may not exist', () => {
  it('is refused unless it is asked to conceal that', async () => {
    const { context, key, tickets } = createContext();
    const create = (concealUnknown?: boolean) =>
      createSession.handle(context, {
        authorization: `Bearer ${key}`,
        params: {},
        body: {
          mode: 'verify',
          subject: 'nobody',
          ...(concealUnknown === undefined ? {} : { concealUnknown }),
        },
      });
    await expect(create()).rejects.toMatchObject({ code: 'subject.unknown' });
    await expect(create(false)).rejects.toMatchObject({ code: 'subject.unknown' });
    const { ticket } = (await create(true)) as { ticket: string };
    expect(tickets.redeem(ticket)).toMatchObject({ mode: 'verify', subject: 'nobody' });
  });

  it('compares with a decoy that a face is told from at least as well as from a stranger, by every method', () => {
    const draw = seededDraws(1);
    const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(256 * draw()));
    const { match } = policyFor('standard');
    for (const models of [['mobilefacenet'], ['faceres', 'dlib'], ['faceres'], ['dlib']] as const) {
      const standings = Array.from({ length: ROUNDS }, () => {
        const decoy = decoyReference('tenant', 'nobody', models, bytes);
        const probe = decoyReference('tenant', 'probe', models, bytes).embeddings;
        return matchReferences({ pooled: probe, frames: 8, parts: [] }, [decoy], match).band;
      });
      expect(standings).not.toContain('above');
      const below = standings.filter((standing) => standing === 'below').length;
      expect(below / ROUNDS).toBeGreaterThan(1 - match.rejectFmr);
    }
  });

  it('a decoy is a unit vector and never the same twice; who has references keeps them', async () => {
    const one = decoyReference('tenant', 'nobody', ['faceres']).embeddings.faceres ?? new Float32Array();
    const other = decoyReference('tenant', 'nobody', ['faceres']).embeddings.faceres ?? new Float32Array();
    expect(one).toHaveLength(1024);
    expect(Math.hypot(...one)).toBeCloseTo(1, 5);
    expect(one).not.toEqual(other);
    const stored: StoredReference[] = [decoyReference('tenant', 'somebody', MODELS)];
    const references = withDecoys(
      { ofSubject: async (_, subject) => (subject === 'somebody' ? stored : []) },
      MODELS,
    );
    expect(await references.ofSubject('tenant', 'somebody')).toBe(stored);
    expect(await references.ofSubject('tenant', 'nobody')).toMatchObject([{ subject: 'nobody' }]);
  });
});
