import { describe, expect, it } from 'vitest';
import {
  CUE_INDICATORS,
  CUE_REJECT_REASONS,
  CUE_TABLE,
  cuesIn,
  forgetPerson,
  initialCueStates,
  type CueFrame,
  type CueTable,
} from '../../server/decision/cue-table.ts';
import { REASONS } from '../../server/decision/reasons.ts';
import type { CueDefinition } from '../../server/evidence/cue.ts';
import { CUES, type Cue } from '../../server/policy/cues.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { Policy } from '../../server/policy/shape.ts';
import { readSession } from '../../server/session/reading.ts';
import { isLive } from '../../server/session/state.ts';
import { ALL_MODELS, SessionDriver } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

describe('the table of cues', () => {
  it('has one row for each name, in the order in which cues are reported', () => {
    expect(cuesIn(CUE_TABLE)).toEqual([...CUES]);
  });

  it('adds its reasons and indicators to the reasons of the record, each once', () => {
    expect(REASONS).toEqual(expect.arrayContaining([...CUE_REJECT_REASONS, ...CUE_INDICATORS]));
    expect(new Set(REASONS).size).toBe(REASONS.length);
  });
});

/** How bright the pictures are. No such cue exists: a picture is as good as another that is darker. */
interface Brightness {
  readonly frames: number;
  readonly brightest: number;
}

const GLARING = 130;

/** A cue that reads the brightness of each face. `llr` is its log-likelihood ratio once there are five frames. */
const brightness = (
  llr: number,
): CueDefinition<Brightness, Pick<CueFrame, 'sample'>, unknown, 'glaring', 'bright'> => ({
  initial: { frames: 0, brightest: 0 },
  fold({ frames, brightest }, { sample: { analysis } }) {
    const seen = analysis.face.found ? analysis.face.value.quality.brightness : 0;
    return { frames: frames + 1, brightest: Math.max(brightest, seen) };
  },
  evidence: ({ frames, brightest }) =>
    frames < 5
      ? { measured: false, why: 'too-few-frames' }
      : { measured: true, logLikelihoodRatio: llr, score: brightest, frames },
  rejectReason: { reason: 'glaring', applies: ({ score }) => score > GLARING },
  fallsShort: (evidence) => evidence.measured && evidence.score < 60,
  indicators: {
    all: ['bright'],
    found: ({ brightest }) => (brightest > 110 ? ['bright'] : []),
  },
});

const name = 'brightness' as Cue;

/** Plays a session of the real table and one more row, under a policy that weighs and requires the new cue. */
function played(luma: number, llr = 0, policy: (standard: Policy) => Policy = (standard) => standard) {
  const cues: CueTable = Object.assign({ ...CUE_TABLE }, { [name]: brightness(llr) });
  const standard = policyFor('standard');
  const weighed = policy({
    ...standard,
    fusion: { ...standard.fusion, cues: [...standard.fusion.cues, name] },
    requiredCues: [...standard.requiredCues, name],
  });
  const context = { ...ALL_MODELS, cues };
  const driver = new SessionDriver({ context, policy: weighed });
  const read = () => (isLive(driver.state) ? readSession(driver.state, weighed, context) : null);
  driver.play(subject({ look: { quality: { brightness: luma } } }), 1_000);
  const early = read();
  driver.play(subject({ look: { quality: { brightness: luma } } }), 40_000);
  return { early, decision: driver.decision };
}

describe('a new row in the table, and its name in a policy', () => {
  it('is folded, shown to observers, weighed and reported, with its indicators', () => {
    const { early, decision } = played(120);
    expect(early?.cues[name]).toMatchObject({ measured: true, score: 120 });
    expect(decision).toMatchObject({ outcome: 'accept' });
    expect(decision?.evidence[name]).toMatchObject({ measured: true, logLikelihoodRatio: 0, score: 120 });
    expect(decision?.assurance.measured).toContain(name);
    expect(decision?.reasons).toEqual(['evidence-sufficient', 'bright']);
  });

  it('changes the probability by its log-likelihood ratio, and so the outcome', () => {
    const [neutral, against] = [played(100, 0), played(100, -2)];
    const logOdds = (probability = Number.NaN) => Math.log(probability / (1 - probability));
    const before = logOdds(neutral.early?.probability);
    expect(logOdds(against.early?.probability)).toBeCloseTo(before - 2, 6);
    expect(neutral.decision?.outcome).toBe('accept');
    expect(played(100, -9).decision?.outcome).not.toBe('accept');
  });

  it('rejects by itself, with its reason', () => {
    expect(played(140).decision).toMatchObject({
      outcome: 'reject',
      retry: 'backoff',
      reasons: ['glaring', 'bright'],
    });
  });

  it('keeps a session from being accepted where its evidence falls short', () => {
    expect(played(50).decision).toMatchObject({ outcome: 're-verify' });
    expect(played(70).decision).toMatchObject({ outcome: 'accept' });
  });

  it('starts anew with another person; only what is about the stream is kept', () => {
    const table: CueTable = Object.assign({ ...CUE_TABLE }, { [name]: brightness(0) });
    const before = initialCueStates(table);
    const states = Object.assign(
      { ...before, injection: { ...before.injection, frames: 7 }, quality: { frames: 7, goodFrames: 7 } },
      { [name]: { frames: 7, brightest: 99 } },
    );
    const after = forgetPerson(table, states);
    expect(after).toEqual({ ...before, injection: states.injection });
  });
});
