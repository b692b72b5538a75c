import { describe, expect, it } from 'vitest';
import type { Deviation } from '../../server/evidence/gesture.ts';
import {
  foldRelief,
  initialRelief,
  judgeTurn,
  nodsWithoutHead,
  reliefCue,
  reliefEvidence,
  reliefRanges,
  type ReliefState,
} from '../../server/evidence/relief.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { MAX_RESTS } from '../../server/policy/relief.ts';
import type { TurnRelief } from '../../server/vision/relief/turn-relief.ts';
import { analysisOf, FLAT_RELIEF, HEAD_RELIEF, seeded } from '../support/analysis-builder.ts';

const policy = policyFor('standard');
const bars = policy.relief;
const good = { usable: true, good: true, hint: null } as const;

const deviationOf = (yawDeg: number, pitchDeg = 0): Deviation => ({
  yawDeg,
  pitchDeg,
  opening: 0,
  widening: 0,
  cornerLift: 0,
  closeness: 0,
});

/** Folds one frame a number of degrees from rest, as a worker that was asked for everything reports it. */
function seen(state: ReliefState, yawDeg: number, relief: TurnRelief | null = HEAD_RELIEF, broken = false) {
  const seq = state.rests.length + state.turns.reduce((sum, { frames }) => sum + frames.length, 0) + 1;
  const options = {
    embeddings: false,
    pad: false,
    countFaces: false,
    texture: true,
    relief: reliefRanges(bars, ['turn', 'nod']),
  };
  const analysis = analysisOf({ yawDeg, relief }, options, { embeddings: [], pad: [] }, seeded(seq));
  const sample = { seq, atMs: 40 * seq, capturedAtMs: 40 * seq, analysis };
  return foldRelief(state, sample, good, deviationOf(yawDeg), broken, bars);
}

/** A look down (1) or up (-1), and back. */
const nod = (state: ReliefState, side: 1 | -1, relief: TurnRelief | null = HEAD_RELIEF) =>
  [0, 11, 15, 18, 12, 0].reduce((folded, way, i) => {
    const pitchDeg = side * way;
    const options = { embeddings: false, pad: false, countFaces: false, texture: true };
    const asked = { ...options, relief: reliefRanges(bars, ['nod']) };
    const analysis = analysisOf({ pitchDeg, relief }, asked, { embeddings: [], pad: [] }, seeded(i));
    const sample = { seq: i, atMs: 40 * i, capturedAtMs: 40 * i, analysis };
    return foldRelief(folded, sample, good, deviationOf(0, pitchDeg), false, bars);
  }, state);

/** There and back. */
const turn = (state: ReliefState, side: 1 | -1, relief: TurnRelief | null = HEAD_RELIEF) =>
  [0, 14, 18, 22, 17, 13, 0].reduce((folded, yawDeg) => seen(folded, side * yawDeg, relief), state);

const after = (...turns: readonly (readonly [1 | -1, TurnRelief | null])[]) =>
  turns.reduce((state, [side, relief]) => turn(state, side, relief), initialRelief);

const evidence = (state: ReliefState) => reliefEvidence(state, bars);

describe('relief in turns', () => {
  it('is measured turn by turn, from rest to rest', () => {
    const state = after([1, HEAD_RELIEF], [1, FLAT_RELIEF], [-1, HEAD_RELIEF]);
    expect(state.turns.map(({ direction, frames }) => [direction, frames.length])).toEqual([
      [1, bars.maxFrames],
      [1, bars.maxFrames],
      [-1, bars.maxFrames],
    ]);
    expect(state.turns.map((one) => judgeTurn(one, bars))).toEqual(['head', 'flat', 'head']);
  });

  it('keeps the newest pictures at rest only, and of the face that is there only', () => {
    const state = [0, 1, 0, -1].reduce((folded, yawDeg) => seen(folded, yawDeg), initialRelief);
    expect(state.rests.length).toBe(MAX_RESTS);
    expect(seen(state, 14, HEAD_RELIEF, true).rests).toEqual([]);
  });

  it('takes no turned picture for one at rest', () => {
    expect(seen(initialRelief, 9).rests).toEqual([]);
  });

  it('speaks little for a turn that shows a head, much against one that does not', () => {
    const head = evidence(after([1, HEAD_RELIEF]));
    const flat = evidence(after([1, FLAT_RELIEF]));
    expect(head).toMatchObject({ measured: true, score: 1 });
    expect(flat).toMatchObject({ measured: true, score: 0 });
    expect(head.measured && head.logLikelihoodRatio).toBe(bars.confirmedLlr);
    expect(flat.measured && flat.logLikelihoodRatio).toBe(bars.flatLlr);
  });

  it('lets a second turn save a person whom one turn fails', () => {
    const saved = evidence(after([1, FLAT_RELIEF], [-1, HEAD_RELIEF]));
    expect(saved).toMatchObject({ measured: true, score: 1 });
    expect(reliefCue.fallsShort?.(saved, policy)).toBe(false);
    expect(saved.measured && reliefCue.rejectReason?.applies(saved, policy)).toBe(false);
  });

  it('accepts nobody without a turn that shows a head, and rejects after two that show none', () => {
    const [one, two] = [
      evidence(after([1, FLAT_RELIEF])),
      evidence(after([1, FLAT_RELIEF], [-1, FLAT_RELIEF])),
    ];
    expect(reliefCue.fallsShort?.(one, policy)).toBe(true);
    expect(one.measured && reliefCue.rejectReason?.applies(one, policy)).toBe(false);
    expect(two.measured && reliefCue.rejectReason?.applies(two, policy)).toBe(true);
  });

  it.each([
    ['hair that stays', { ...HEAD_RELIEF, product: 0.7, hairFlow: 0.02 }, 'flat'],
    ['hair that seems to stay over a clear relief', { ...HEAD_RELIEF, hairFlow: 0.02 }, 'unclear'],
    ['skin that moves as a bent plane', { ...HEAD_RELIEF, product: 0.3 }, 'flat'],
    ['a picture that keeps its light', { ...HEAD_RELIEF, shading: 0.004 }, 'unclear'],
    ['skin whose light cannot be told', { ...HEAD_RELIEF, shading: null }, 'unclear'],
    ['skin that is not found again', { ...HEAD_RELIEF, keptShare: 0.1 }, 'unclear'],
    ['a nose alone', { ...HEAD_RELIEF, besideNose: { product: 0.3, square: 1 } }, 'unclear'],
    ['no hair, and much relief', { ...HEAD_RELIEF, hairFlow: null }, 'head'],
    ['no hair, and relief as of a nose alone', { ...HEAD_RELIEF, product: 0.55, hairFlow: null }, 'unclear'],
  ] as const)('judges %s', (_, relief, finding) => {
    expect(judgeTurn(after([1, relief]).turns[0], bars)).toBe(finding);
  });

  it('takes a look up and one down for a turn, and neither of them alone', () => {
    const down = nod(nod(initialRelief, 1), 1);
    expect(evidence(down)).toEqual({ measured: false, why: 'relief-unclear' });
    expect(nodsWithoutHead(down, bars)).toEqual(['look-up']);
    expect(evidence(nod(down, -1))).toMatchObject({
      measured: true,
      score: 1,
      logLikelihoodRatio: bars.confirmedLlr,
    });
    expect(nodsWithoutHead(nod(down, -1), bars)).toEqual([]);
    expect(evidence(nod(down, -1, FLAT_RELIEF))).toMatchObject({ measured: true, score: 0 });
  });

  it.each([
    ['the relief of a head', HEAD_RELIEF, 'head'],
    ['a bent plane', FLAT_RELIEF, 'flat'],
    [
      'relief beside the nose that does for a turn',
      { ...HEAD_RELIEF, besideNose: { product: 0.55, square: 1 } },
      'unclear',
    ],
    ['hair that stays', { ...HEAD_RELIEF, hairFlow: 0.02 }, 'unclear'],
    ['no hair, and much relief', { ...HEAD_RELIEF, hairFlow: null }, 'unclear'],
    ['a light that stays', { ...HEAD_RELIEF, shading: 0.01 }, 'unclear'],
  ] as const)('judges a nod that shows %s by bars of its own', (_, relief, finding) => {
    const state = nod(initialRelief, 1, relief);
    expect(state.turns).toMatchObject([{ move: 'nod', direction: 1 }]);
    expect(state.turns[0].frames.length).toBe(4);
    expect(judgeTurn(state.turns[0], bars)).toBe(finding);
    // A policy of an earlier version asks for turns only.
    expect(reliefRanges({ ...bars, nod: null }, ['turn', 'nod']).map(({ move }) => move)).toEqual(['turn']);
  });

  it('is unmeasured, and says why, without a turn or when no turn can be judged', () => {
    expect(evidence(after())).toEqual({ measured: false, why: 'not-started' });
    expect(evidence(after([1, null]))).toEqual({ measured: false, why: 'not-started' });
    const single = seen(seen(initialRelief, 0), 15);
    expect(evidence(single)).toEqual({ measured: false, why: 'relief-unclear' });
    expect(reliefCue.evidence(after([1, FLAT_RELIEF]), {}, policyFor('passive'))).toMatchObject({
      why: 'not-requested',
    });
  });

  it('measures no more frames of one turn than the policy says, and keeps no more turns', () => {
    const long = Array.from({ length: 40 }, () => 15).reduce(
      (state, yawDeg) => seen(state, yawDeg),
      initialRelief,
    );
    expect(long.turns[0].frames.length).toBe(bars.maxFrames);
    const many = Array.from({ length: 20 }, (_, i) => [i % 2 === 0 ? 1 : -1, HEAD_RELIEF] as const);
    expect(after(...many).turns.length).toBe(bars.maxTurns);
  });
});
