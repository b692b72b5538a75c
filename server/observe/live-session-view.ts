import type { ErrorCode } from '../../protocol/errors.ts';
import {
  type FaceReading,
  LANDMARK_SCALE,
  type LiveMessage,
  type LiveSession,
  type SessionEnd,
} from '../../protocol/live.ts';
import type { Policy } from '../policy/built-in.ts';
import { fuse } from '../decision/fuse.ts';
import type { Effect } from '../session/effect.ts';
import type { SessionEvent } from '../session/event.ts';
import type { SessionRequest } from '../session/ports.ts';
import { readSession, type SessionReading } from '../session/reading.ts';
import { isLive, type LiveState, type SessionContext, type SessionState } from '../session/state.ts';
import type { FrameAnalysis } from '../vision/analysis.ts';

const RATE_MS = 2000;
/** More frames than a client sends within `RATE_MS` at 60 per second. */
const MAX_TIMES = 128;

type Decide = Extract<Effect, { type: 'decide' }>;
type Analyzed = Extract<SessionEvent, { type: 'analyzed' }>;
type Look = Extract<LiveMessage, { type: 'look' }>;

/**
 * One session as the live feed shows it. It only refers to the session's own state and keeps a few numbers. What a
 * listener gets is computed on request.
 */
export class LiveSessionView {
  readonly request: SessionRequest;
  /** Increases with each change. */
  version = 0;
  endedAtMs: number | null = null;
  readonly #policy: Policy;
  readonly #context: SessionContext;
  readonly #analysedAtMs: number[] = [];
  readonly #arrivedAtMs: number[] = [];
  #startedAtMs: number | null = null;
  #atMs = 0;
  #state: SessionState | null = null;
  #lastLive: LiveState | null = null;
  #decided: Decide | null = null;
  #code: ErrorCode | null = null;
  #face: FaceReading | null = null;
  #read: { readonly version: number; readonly session: LiveSession } | null = null;

  constructor(request: SessionRequest, policy: Policy, context: SessionContext) {
    this.request = request;
    this.#policy = policy;
    this.#context = context;
  }

  stepped(event: SessionEvent, state: SessionState, effects: readonly Effect[]): void {
    this.version += 1;
    this.#atMs = event.atMs;
    this.#startedAtMs ??= event.atMs;
    this.#state = state;
    if (isLive(state)) this.#lastLive = state;
    if (event.type === 'frame') keepNewest(this.#arrivedAtMs, event.atMs);
    if (event.type === 'analyzed') this.#analysed(event);
    this.#decided ??= effects.find((effect) => effect.type === 'decide') ?? null;
  }

  ended(atMs: number, code: ErrorCode | null): void {
    this.version += 1;
    this.#code = code;
    this.#atMs = Math.max(this.#atMs, atMs);
    this.endedAtMs = atMs;
  }

  /** Null before the first event. */
  session(): LiveSession | null {
    if (this.#read?.version === this.version) return this.#read.session;
    const reading = this.#reading();
    if (reading === null || this.#state === null) return null;
    const { sessionId, mode, policy } = this.request;
    const end = this.#end();
    const session: LiveSession = {
      sessionId,
      mode,
      policy,
      startedAtMs: this.#startedAtMs ?? this.#atMs,
      atMs: this.#atMs,
      phase: phaseOf(this.#state),
      ...reading,
      hint: end === null ? reading.hint : null,
      requiredCues: this.#policy.requiredCues,
      face: this.#face,
      framesPerSecond: this.#rate(this.#analysedAtMs),
      framesArrivedPerSecond: this.#rate(this.#arrivedAtMs),
      end,
    };
    this.#read = { version: this.version, session };
    return session;
  }

  /** What the frame just analysed showed; null before the session can be shown. */
  look({ seq, analysis }: Analyzed, capturedAtMs: number): Look | null {
    const session = this.session();
    if (session === null) return null;
    const { width, height, face } = analysis;
    return {
      type: 'look',
      session,
      seq,
      capturedAtMs,
      width,
      height,
      verdict: this.#lastLive?.live.look.assessment?.hint ?? null,
      landmarks: face.found ? quantised(face.value.landmarks, width, height) : null,
    };
  }

  #analysed({ analysis, atMs }: Analyzed): void {
    this.#face = faceReading(analysis);
    keepNewest(this.#analysedAtMs, atMs);
  }

  /** The last reading of the running session. Once it is decided, with the evidence that the decision used. */
  #reading(): SessionReading | null {
    if (this.#lastLive === null) return null;
    const reading = readSession(this.#lastLive, this.#policy, this.#context);
    if (this.#decided === null) return reading;
    const { evidence, assurance } = this.#decided;
    const { passed, current, of } = reading.challenges;
    const isLastPassed = current !== null && assurance.challengesPassed > passed.length;
    return {
      ...reading,
      cues: evidence,
      probability: fuse(evidence, this.#policy.fusion),
      challenges: { passed: isLastPassed ? [...passed, current.kind] : passed, of, current: null },
    };
  }

  #end(): SessionEnd | null {
    if (this.#decided !== null) return { outcome: this.#decided.outcome, reasons: this.#decided.reasons };
    if (this.#state?.phase === 'closed') return { outcome: null, code: this.#state.code };
    return this.endedAtMs === null ? null : { outcome: null, code: this.#code };
  }

  #rate(timesMs: readonly number[]): number {
    const recent = timesMs.filter((atMs) => atMs > this.#atMs - RATE_MS);
    const [first] = recent;
    const last = recent.at(-1);
    if (first === undefined || last === undefined || last === first) return 0;
    return ((recent.length - 1) * 1000) / (last - first);
  }
}

/** A session whose accept is still being recorded is not decided yet. */
function phaseOf(state: SessionState): LiveSession['phase'] {
  if (state.phase === 'confirming') return 'matching';
  return isLive(state) ? state.phase : 'decided';
}

function keepNewest(timesMs: number[], atMs: number): void {
  timesMs.push(atMs);
  if (timesMs.length > MAX_TIMES) timesMs.shift();
}

function faceReading({ face }: FrameAnalysis): FaceReading | null {
  if (!face.found) return null;
  const { eyes, pose } = face.value;
  return {
    eyeOpenness: (eyes.imageLeft + eyes.imageRight) / 2,
    yawDeg: pose.yawDeg,
    pitchDeg: pose.pitchDeg,
    rollDeg: pose.rollDeg,
  };
}

/**
 * Landmarks in image pixels (x, y, z each) as 16-bit integers (x, y each), see `LANDMARK_SCALE`. A point outside the
 * image stays outside; coordinates are limited to ±2 times the image's size.
 */
function quantised(landmarks: Float32Array, width: number, height: number): Uint8Array {
  const points = landmarks.length / 3;
  const bytes = new DataView(new ArrayBuffer(points * 4));
  const place = (value: number, size: number) =>
    Math.max(-32_768, Math.min(32_767, Math.round((value / size) * LANDMARK_SCALE)));
  for (let point = 0; point < points; point++) {
    bytes.setInt16(point * 4, place(landmarks[point * 3] ?? 0, width), true);
    bytes.setInt16(point * 4 + 2, place(landmarks[point * 3 + 1] ?? 0, height), true);
  }
  return new Uint8Array(bytes.buffer);
}
