import type { LiveSession, SessionEnd, ChallengeKind } from '@veriframe/protocol';

/** A challenge from its prompt to its end, in seconds since the session's start. */
interface Band {
  readonly kind: ChallengeKind;
  readonly fromS: number;
  /** Null while the challenge runs. */
  toS: number | null;
  passed: boolean;
}

type Column = (number | null)[];

/** More points than a session of one minute has at sixty updates a second. */
const MOST_POINTS = 4000;

/** The data of one session so far, as columns over one time axis, for charts. Null where a value was not measured. */
export class SessionTrace {
  readonly timeS: number[] = [];
  readonly eyes: Column = [];
  readonly yaw: Column = [];
  readonly pitch: Column = [];
  readonly probability: Column = [];
  readonly bands: Band[] = [];
  latest: LiveSession;
  /** Time of the decision, in seconds since the start of the session. Null before. */
  endS: number | null = null;
  readonly #cues = new Map<string, Column>();

  constructor(session: LiveSession) {
    this.latest = session;
    this.add(session);
  }

  /** Log-likelihood ratios by cue. */
  get cues(): ReadonlyMap<string, Column> {
    return this.#cues;
  }

  get end(): SessionEnd | null {
    return this.latest.end;
  }

  add(session: LiveSession): void {
    const atS = (session.atMs - session.startedAtMs) / 1000;
    this.#follow(session, atS);
    this.latest = session;
    if (this.endS !== null) return;
    if (session.end !== null) this.endS = atS;
    if (atS === this.timeS.at(-1) || this.timeS.length >= MOST_POINTS) return;
    this.timeS.push(atS);
    this.eyes.push(session.face?.eyeOpenness ?? null);
    this.yaw.push(session.face?.yawDeg ?? null);
    this.pitch.push(session.face?.pitchDeg ?? null);
    this.probability.push(session.probability);
    for (const [cue, reading] of Object.entries(session.cues)) {
      const column = this.#cues.get(cue) ?? this.timeS.slice(1).map(() => null);
      column.push(reading.measured ? reading.logLikelihoodRatio : null);
      this.#cues.set(cue, column);
    }
  }

  #follow({ challenges: { passed, current }, end }: LiveSession, atS: number): void {
    const open = this.bands.at(-1);
    const isSame = open !== undefined && open.toS === null && current?.kind === open.kind;
    const before = this.latest.challenges.passed.length;
    if (open !== undefined && open.toS === null && (!isSame || passed.length > before || end !== null)) {
      open.toS = atS;
      open.passed = passed.length > before;
    }
    if (current !== null && end === null && (!isSame || passed.length > before))
      this.bands.push({ kind: current.kind, fromS: atS, toS: null, passed: false });
  }
}
