import { readFile } from 'node:fs/promises';
import type { EvidenceByCue } from '../../../server/evidence/evidence.ts';
import { CUES, type Cue } from '../../../server/policy/cues.ts';
import { TrainError } from '../train-error.ts';

/** What a cue said in one session of a ledger. */
export interface CueSample {
  readonly score: number;
  /** The log-likelihood ratio that the cue itself gave. */
  readonly llr: number;
  readonly isBonaFide: boolean;
  /** Sessions of one recording share it: they are not independent. */
  readonly recording: string;
  /** Both classes sum to one; within a class kinds weigh alike, and recordings within a kind. */
  readonly weight: number;
}

/** One line of a ledger's `sessions.jsonl`, as far as calibration cares. */
export interface SessionLine {
  readonly kind: string;
  readonly role: 'attack' | 'bona fide' | 'puppet';
  readonly tier: string;
  readonly recording: string;
  readonly played: { readonly evidence: EvidenceByCue | null };
}

/** Reads what `npm run evaluate -- pad` wrote. Throws TrainError when there is nothing of the kind. */
export async function readSessions(file: string): Promise<SessionLine[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new TrainError(`${file} is missing: run "npm run evaluate -- pad" first.`);
  });
  const lines = text.split('\n').filter((line) => line !== '');
  // Written by the ledger; anything else fails where a field is missing.
  return lines.map((line) => JSON.parse(line) as SessionLine);
}

/**
 * Cues that the ledger says nothing of: its attackers show the face that is enrolled, so matches are those of both
 * classes; what they are worth against strangers `npm run evaluate -- verification` tells.
 */
const ELSEWHERE: readonly Cue[] = ['match', 'quality'];

/** The measured samples of each cue in sessions of one tier. The puppet stands in for bona fide subjects. */
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
