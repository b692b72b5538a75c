import { readFile } from 'node:fs/promises';
import type { EvidenceByCue } from '../../../server/evidence/evidence.ts';
import { CUES, type Cue } from '../../../server/policy/cues.ts';
import { TrainError } from '../train-error.ts';

/** Result of a cue in one session of a ledger. */
export interface CueSample {
  readonly score: number;
  /** The log-likelihood ratio that the cue itself reported. */
  readonly llr: number;
  readonly isBonaFide: boolean;
  /** Sessions with the same recording are not independent. */
  readonly recording: string;
  /**
   * The weights of each class sum to 1. Within a class all kinds have the same weight, and within a kind all
   * recordings.
   */
  readonly weight: number;
}

/** The fields of a line of a ledger's `sessions.jsonl` that calibration uses. */
interface SessionLine {
  readonly kind: string;
  readonly role: 'attack' | 'bona fide';
  readonly tier: string;
  readonly recording: string;
  readonly played: { readonly evidence: EvidenceByCue | null };
}

/**
 * Reads the sessions that `npm run evaluate -- pad` wrote.
 * @throws TrainError when there are none
 */
export async function readSessions(file: string): Promise<SessionLine[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new TrainError(`${file} is missing: run "npm run evaluate -- pad" first.`);
  });
  const lines = text.split('\n').filter((line) => line !== '');
  // The ledger wrote the file. In any other file, access to a missing field fails.
  return lines.map((line) => JSON.parse(line) as SessionLine);
}

/**
 * Cues that the ledger cannot calibrate. Its attacks show the enrolled face, so both classes match. `npm run evaluate
 * -- verification` measures these cues against impostors.
 */
const ELSEWHERE: readonly Cue[] = ['match', 'quality'];

/** The measured samples of each cue in the sessions of one tier. Simulated people count as bona fide. */
export function samplesByCue(
  sessions: readonly SessionLine[],
  tier: string,
): ReadonlyMap<Cue, readonly CueSample[]> {
  const byCue = new Map<Cue, CueSample[]>();
  for (const cue of CUES.filter((one) => !ELSEWHERE.includes(one))) {
    const measured = sessions.flatMap(({ kind, role, recording, played, tier: of }) => {
      const one = of === tier ? played.evidence?.[cue] : undefined;
      if (one === undefined || !one.measured) return [];
      const isBonaFide = role !== 'attack';
      return [{ kind, isBonaFide, recording, score: one.score, llr: one.logLikelihoodRatio }];
    });
    byCue.set(cue, weighed(measured));
  }
  return byCue;
}

type Unweighed = Omit<CueSample, 'weight'> & { readonly kind: string };

function weighed(samples: readonly Unweighed[]): CueSample[] {
  const kinds = new Map<boolean, Set<string>>();
  const recordings = new Map<string, Set<string>>();
  const sessions = new Map<string, number>();
  for (const { kind, isBonaFide, recording } of samples) {
    kinds.set(isBonaFide, (kinds.get(isBonaFide) ?? new Set()).add(kind));
    recordings.set(kind, (recordings.get(kind) ?? new Set()).add(recording));
    const key = `${kind}\n${recording}`;
    sessions.set(key, (sessions.get(key) ?? 0) + 1);
  }
  return samples.map(({ kind, ...sample }) => {
    const inClass = kinds.get(sample.isBonaFide)?.size ?? 1;
    const inKind = recordings.get(kind)?.size ?? 1;
    const inRecording = sessions.get(`${kind}\n${sample.recording}`) ?? 1;
    return { ...sample, weight: 1 / (inClass * inKind * inRecording) };
  });
}
