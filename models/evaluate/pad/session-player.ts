import type { Mode, Outcome, PublicStatus } from '../../../protocol/status.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import type { Assurance, Reason } from '../../../server/decision/reasons.ts';
import type { EvidenceByCue } from '../../../server/evidence/evidence.ts';
import { FrameMemory, type SessionFrames } from '../../../server/sessions/frame-memory.ts';
import type { Effect } from '../../../server/session/effect.ts';
import { DRAWS_PER_EVENT, type EnrolmentResult, type SessionEvent } from '../../../server/session/event.ts';
import type { Candidate, Reference } from '../../../server/matching/reference.ts';
import { RestTextures } from '../../../server/sessions/rest-textures.ts';
import type { RestTexture } from '../../../server/vision/relief/meter.ts';
import { initialState, type SessionContext, type SessionState } from '../../../server/session/state.ts';
import { transition } from '../../../server/session/transition.ts';
import type {
  AnalysisOptions,
  Embeddings,
  FaceRegion,
  FrameAnalysis,
} from '../../../server/vision/analysis.ts';
import { restrictAnalysis } from './restrict-analysis.ts';

/**
 * A subject or an attack before the camera, as the vision code sees it. All times are milliseconds since the session's
 * start.
 */
export interface Presenter {
  /**
   * Returns the full analysis of the frame taken at `atMs`, or null when the source has no more frames. `atMs`
   * increases from call to call.
   */
  showAt(atMs: number): FrameAnalysis | null;
  /** Called with each status that the server sends to the client. */
  onStatus?(status: PublicStatus, atMs: number): void;
}

/**
 * Analyses one picture for a session that follows a face in `region` and asks for `options`; null: it is unreadable.
 * `rests` are the textures that a turn is compared with.
 */
export type Look = (
  region: FaceRegion | null,
  options: AnalysisOptions,
  rests: readonly RestTexture[],
) => Promise<FrameAnalysis | null>;

/**
 * A subject or an attack whose pictures are made while the session runs. The server's own worker analyses each of them
 * as the session asks. Times as in `Presenter`.
 */
export interface LivePresenter {
  lookAt(atMs: number): Look;
  onStatus?(status: PublicStatus, atMs: number): void;
  /** Whether the client sends a picture at this instant. Default: always. */
  sends?(atMs: number): boolean;
  /** Whether the client asks to skip the challenge that the status shows. */
  skips?(status: PublicStatus): boolean;
}

export interface PlayOptions {
  /** Default: verify. */
  readonly mode?: Mode;
  /** The client offers to show colours around the picture. Default: it does not. */
  readonly flash?: boolean;
  readonly presenter: Presenter | LivePresenter;
  readonly policy: Policy;
  readonly context: SessionContext;
  /** The subject's references. */
  readonly references: readonly Reference[];
  /** The server's random numbers in 0..1, which determine the challenges and their times. */
  readonly random: () => number;
  readonly framesPerSecond: number;
  /** Digests of images that an earlier session has shown to the same server. */
  readonly shownBefore?: readonly string[];
  /** Answers a search among all subjects. Default: nobody is found. */
  readonly search?: (probe: Embeddings) => Promise<readonly Candidate[]>;
  /** Stores an enrolled reference. Default: it always does. */
  readonly store?: (embeddings: Embeddings) => Promise<EnrolmentResult>;
  /** The motion network, which runs on the windows that a session sends with a frame; null where it is absent. */
  readonly scoreMotion: MotionScorer | null;
}

/** Returns the probability, 0..1, that a window of landmarks shows living motion. */
export type MotionScorer = (window: Float32Array) => Promise<number>;

/** The result of a session. Times are virtual milliseconds since its first frame. */
export interface Played {
  /** `closed`: an error ended the session without a decision. */
  readonly outcome: Outcome | 'closed';
  readonly reasons: readonly Reason[];
  readonly assurance: Assurance | null;
  readonly evidence: EvidenceByCue | null;
  readonly tookMs: number;
  /** Whether the face held still until its rest pose was known. Without that, a session neither asks nor decides. */
  readonly positioned: boolean;
  /** Time of the challenges: the pauses before them, the answers, and the return to rest. */
  readonly challengesMs: number;
  /** Kinds of challenge in the order in which they were shown. */
  readonly asked: readonly string[];
}

const START_MS = 1_000_000;
/** Time in ms from a worker's receipt of a frame to its answer, without overload. */
const ANALYSIS_MS = 15;
/** Least time in ms from camera to server, and its largest variation, because no camera has an exact period. */
const TRANSFER_MS = 40;
const JITTER_MS = 6;
const SUBJECT = 'subject';
/** Time in ms in which a client asks to skip a challenge. */
const SKIP_MS = 60;
const STORED: EnrolmentResult = {
  result: 'stored',
  reference: { referenceId: 'new', subject: SUBJECT },
};
/** Longer than the limit of every policy. */
const LONGEST_MS = 180_000;
const FRAME_BYTES = 50_000;
/** Capacity of the frame memory beside the digests shown before: more than a session can use. */
const MEMORY_FRAMES = 20_000;

/** Plays one session with the server's own `transition`, in virtual time. */
export async function playSession(options: PlayOptions): Promise<Played> {
  return await new Player(options).run();
}

class Player {
  readonly #options: PlayOptions;
  readonly #shown = new Map<number, Look>();
  readonly #due: { readonly atMs: number; readonly event: () => SessionEvent | Promise<SessionEvent> }[] = [];
  readonly #frames: SessionFrames;
  readonly #textures = new RestTextures();
  #state: SessionState;
  #nowMs = START_MS;
  #wakeAtMs: number | null = null;
  #credit = 0;
  #skipped: string | null = null;
  #decided: Extract<Effect, { type: 'decide' }> | null = null;
  #positioned = false;
  #challengesFromMs: number | null = null;
  #challengesToMs: number | null = null;
  readonly #asked: { readonly number: number; readonly kind: string }[] = [];

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#frames = rememberedFrames(options.shownBefore ?? []);
    this.#state = initialState(
      {
        sessionId: 'session',
        tenant: 'tenant',
        mode: options.mode ?? 'verify',
        subject: options.mode === 'identify' ? null : SUBJECT,
        policy: options.policy.name,
        audience: null,
        nonce: null,
        createdAtMs: START_MS,
      },
      START_MS,
    );
  }

  async run(): Promise<Played> {
    const { presenter, framesPerSecond, references, random } = this.#options;
    this.#dispatch({ type: 'hello', atMs: this.#nowMs, flash: this.#options.flash ?? false });
    if (this.#options.mode !== 'identify')
      this.#dispatch({ type: 'references', atMs: this.#nowMs, references });
    for (let seq = 0; !this.#ended; seq++) {
      const atMs = Math.round((1000 * seq) / framesPerSecond);
      if (atMs > LONGEST_MS) throw new Error('The session does not end.');
      await this.#letTimePass(START_MS + atMs);
      if (this.#ended || this.#credit === 0) continue;
      if ('lookAt' in presenter && presenter.sends?.(atMs) === false) continue;
      const look = this.#lookAt(presenter, atMs);
      if (look === null) {
        await this.#finish();
        break;
      }
      this.#shown.set(seq, look);
      this.#credit--;
      const capturedAtMs = this.#nowMs - TRANSFER_MS - JITTER_MS * random();
      this.#dispatch({ type: 'frame', atMs: this.#nowMs, seq, capturedAtMs, bytes: FRAME_BYTES });
    }
    const tookMs = this.#nowMs - START_MS;
    const toMs = this.#challengesToMs ?? this.#nowMs;
    return {
      outcome: this.#decided?.outcome ?? 'closed',
      reasons: this.#decided?.reasons ?? [],
      assurance: this.#decided?.assurance ?? null,
      evidence: this.#decided?.evidence ?? null,
      tookMs,
      positioned: this.#positioned,
      challengesMs: this.#challengesFromMs === null ? 0 : toMs - this.#challengesFromMs,
      asked: this.#asked.map(({ kind }) => kind),
    };
  }

  #lookAt(presenter: Presenter | LivePresenter, atMs: number): Look | null {
    if ('lookAt' in presenter) return presenter.lookAt(atMs);
    const full = presenter.showAt(atMs);
    const { context } = this.#options;
    return full && (async (region, options) => restrictAnalysis(full, region, options, context));
  }

  /** The source has ended: the frames in progress are analysed, then the session ends. */
  async #finish(): Promise<void> {
    this.#dispatch({ type: 'bye', atMs: this.#nowMs, reason: 'source-ended' });
    await this.#letTimePass(this.#nowMs + LONGEST_MS);
  }

  get #ended(): boolean {
    return this.#state.phase === 'decided' || this.#state.phase === 'closed';
  }

  #draws(): number[] {
    return Array.from({ length: DRAWS_PER_EVENT }, this.#options.random);
  }

  async #letTimePass(untilMs: number): Promise<void> {
    while (!this.#ended) {
      this.#due.sort((a, b) => a.atMs - b.atMs);
      const next = this.#due[0];
      const wakeAtMs = this.#wakeAtMs;
      if (next !== undefined && next.atMs <= untilMs && (wakeAtMs === null || next.atMs <= wakeAtMs)) {
        this.#due.shift();
        this.#nowMs = Math.max(this.#nowMs, next.atMs);
        this.#dispatch(await next.event());
      } else if (wakeAtMs !== null && wakeAtMs <= untilMs) {
        this.#nowMs = Math.max(this.#nowMs, wakeAtMs);
        this.#wakeAtMs = null;
        this.#dispatch({ type: 'deadline', atMs: this.#nowMs, draws: this.#draws() });
      } else {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return;
      }
    }
  }

  #dispatch(event: SessionEvent): void {
    const { policy, context } = this.#options;
    const [state, effects] = transition(this.#state, event, policy, context);
    this.#state = state;
    this.#positioned ||= state.phase === 'challenging' || state.phase === 'matching';
    for (const effect of effects) this.#execute(effect);
  }

  #later(afterMs: number, event: () => SessionEvent | Promise<SessionEvent>): void {
    this.#due.push({ atMs: this.#nowMs + afterMs, event });
  }

  #execute(effect: Effect): void {
    switch (effect.type) {
      case 'request-turn':
        this.#later(0, () => ({ type: 'turn', atMs: this.#nowMs }));
        break;
      case 'analyze':
        this.#analyze(effect);
        break;
      case 'forget-frame':
        this.#shown.delete(effect.seq);
        break;
      case 'send-credit':
        this.#credit += effect.frames;
        break;
      case 'send-status':
        this.#showStatus(effect.status);
        break;
      case 'wake-at':
        this.#wakeAtMs = effect.atMs;
        break;
      case 'search-gallery': {
        const { search } = this.#options;
        this.#later(5, async () => {
          const candidates = search === undefined ? [] : await search(effect.probe);
          return { type: 'candidates', atMs: this.#nowMs, candidates };
        });
        break;
      }
      case 'store-reference': {
        const { store = async () => STORED } = this.#options;
        this.#later(20, async () => ({
          type: 'enrolled',
          atMs: this.#nowMs,
          ...(await store(effect.embeddings)),
        }));
        break;
      }
      case 'record-accept':
        this.#later(5, () => ({ type: 'accept-recorded', atMs: this.#nowMs, stands: true }));
        break;
      case 'decide':
        this.#decided = effect;
        break;
      case 'fail':
      case 'send-error':
        break;
    }
  }

  #analyze({ seq, region, options, rests }: Extract<Effect, { type: 'analyze' }>): void {
    const look = this.#shown.get(seq);
    if (look === undefined) throw new Error('the frame to analyse is gone');
    this.#shown.delete(seq);
    const { scoreMotion } = this.#options;
    const draws = this.#draws();
    const { motion, ...asked } = options;
    const kept = this.#textures.keepOnly(rests);
    this.#later(ANALYSIS_MS, async () => {
      const seen = await look(region, asked, asked.relief === undefined ? [] : kept);
      if (seen === null)
        return { type: 'analysis-failed', atMs: this.#nowMs, seq, code: 'frame.undecodable' };
      const analysis = this.#textures.take(seq, seen);
      const seenBefore = analysis.face.found && this.#frames.seenBefore(analysis.pixelDigest);
      const probability = motion === undefined || scoreMotion === null ? null : await scoreMotion(motion);
      const answer = probability === null ? analysis : { ...analysis, livingMotionProbability: probability };
      return { type: 'analyzed', atMs: this.#nowMs, seq, analysis: answer, seenBefore, draws };
    });
  }

  #showStatus(status: PublicStatus): void {
    if (status.phase === 'challenging') this.#challengesFromMs ??= this.#nowMs;
    else if (this.#challengesFromMs !== null) this.#challengesToMs ??= this.#nowMs;
    const { challenge } = status;
    const last = this.#asked.at(-1);
    if (challenge && (challenge.number !== last?.number || challenge.kind !== last.kind)) {
      this.#asked.push({ number: challenge.number, kind: challenge.kind });
    }
    const { presenter } = this.#options;
    presenter.onStatus?.(status, this.#nowMs - START_MS);
    if (challenge && 'lookAt' in presenter && presenter.skips?.(status) === true) {
      const shown = `${challenge.number} ${challenge.kind}`;
      if (shown === this.#skipped) return;
      this.#skipped = shown;
      this.#later(SKIP_MS, () => ({ type: 'skip', atMs: this.#nowMs, draws: this.#draws() }));
    }
  }
}

/** The frame memory, for the next session, of a server that has seen these digests. */
function rememberedFrames(shownBefore: readonly string[]): SessionFrames {
  const memory = new FrameMemory(MEMORY_FRAMES);
  const earlier = memory.openSession();
  for (const digest of shownBefore) earlier.seenBefore(digest);
  return memory.openSession();
}
