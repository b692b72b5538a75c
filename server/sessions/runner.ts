import { imageBuffer } from '../../protocol/codec.ts';
import type { Welcome } from '../../protocol/downstream.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { foreignFormat } from '../../protocol/picture-format.ts';
import type { Frame, PossessionAnswer, Upstream } from '../../protocol/upstream.ts';
import type { Clock } from '../time/clock.ts';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer } from '../inference/calls.ts';
import type { FrameMemory, SessionFrames } from './frame-memory.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionWatch, WatchSession } from '../observe/session-watch.ts';
import type { Policy } from '../policy/built-in.ts';
import { causeOf } from '../decision/reasons.ts';
import type { Accept, Effect, Verdict } from '../session/effect.ts';
import { DRAWS_PER_EVENT, type EnrolmentResult, type SessionEvent } from '../session/event.ts';
import type { Candidate, Reference } from '../matching/reference.ts';
import type { ClientLink, ClientOffers, SessionHandle, SessionRequest } from '../session/ports.ts';
import { NO_TRUST } from '../session/trust.ts';
import { shownByClient, type SessionTrust, type ShownByClient } from './session-trust.ts';
import { initialState, type SessionContext, type SessionState } from '../session/state.ts';
import { transition } from '../session/transition.ts';
import type { Embeddings, FrameAnalysis } from '../vision/analysis.ts';
import { withDepth, type DepthImage } from '../vision/depth.ts';
import { RestTextures } from './rest-textures.ts';

/** What a running session uses. */
export interface SessionServices {
  readonly clock: Clock;
  readonly analyzer: FrameAnalyzer;
  readonly context: SessionContext;
  /** Remembers the images of all sessions; null when images are not remembered. */
  readonly frameMemory: FrameMemory | null;
  readonly log: Logger;
  /** Observes sessions while they run. */
  readonly watch?: WatchSession;
  /** `count` numbers in [0, 1) from a cryptographic source. */
  readonly draws: (count: number) => readonly number[];
  search(tenant: string, probe: Embeddings): Promise<readonly Candidate[]>;
  /** Never rejects. `isAwaited` says whether the session still waits; it is called before anything is stored. */
  enrol(request: SessionRequest, embeddings: Embeddings, isAwaited: () => boolean): Promise<EnrolmentResult>;
  /** Records an accept. Returns whether it stands: it does not when the reference that it rests on was removed. */
  recordAccept(
    request: SessionRequest,
    accept: Accept,
    startedAtMs: number,
    shown?: ShownByClient,
  ): Promise<boolean>;
  /** Records a decision, unless it is an accept, which is recorded already. Returns its signed token. */
  conclude(
    request: SessionRequest,
    verdict: Verdict,
    startedAtMs: number,
    shown?: ShownByClient,
  ): Promise<string>;
  /** Records that the session ended without a decision. Never throws. */
  failed(request: SessionRequest, code: ErrorCode): void;
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;

/**
 * Runs one session: turns messages and results into events, passes them to the pure `transition`, and executes the
 * effects in order. It owns the session's timer, its undecoded frames (at most one that waits and one that is being
 * handed over), the textures of its face at rest, and its turn at the worker pool; `end` releases all of them. When the
 * client leaves, the session goes on until it is decided, so that a reference that is being stored is on record. Every
 * session has exactly one end on record: its decision, or the code of the error that ended it.
 */
export class SessionRunner implements SessionHandle {
  private state: SessionState;
  private readonly startedAtMs: number;
  private readonly frames = new Map<number, Pick<Frame, 'image' | 'depth'>>();
  private readonly sentFrames: SessionFrames | null;
  private readonly textures = new RestTextures();
  private readonly queue: WithoutTime<SessionEvent>[] = [];
  private processing = false;
  private wantsTurn = false;
  /** The frame that a worker analyses. */
  private handedOver: {
    readonly seq: number;
    readonly request: AnalyzeRequest;
    readonly depth: DepthImage | null;
    /** The format of a picture that is known and not taken; null: another. */
    readonly foreign: string | null;
  } | null = null;
  private withdrawTurn: (() => void) | null = null;
  private cancelWake: (() => void) | null = null;
  private ended = false;
  /** The decision is being recorded. */
  /** What is known of the picture that could not be read. */
  private unreadable: string | undefined;
  private concluding = false;
  private endedWith: ErrorCode | null = null;
  private readonly request: SessionRequest;
  private readonly policy: Policy;
  private readonly link: ClientLink;
  private readonly services: SessionServices;
  private readonly onEnd: () => void;
  private readonly watch: SessionWatch | null;
  private readonly trust: SessionTrust | null;
  /** Who vouches for the client's application, in the relying party's words. */
  private attestedBy: string | null = null;

  constructor(
    request: SessionRequest,
    policy: Policy,
    link: ClientLink,
    services: SessionServices,
    onEnd: () => void,
    trust: SessionTrust | null = null,
  ) {
    this.trust = trust;
    this.request = request;
    this.policy = policy;
    this.link = link;
    this.services = services;
    this.onEnd = onEnd;
    this.sentFrames = services.frameMemory?.openSession() ?? null;
    this.startedAtMs = services.clock.nowMs();
    this.state = initialState(request, this.startedAtMs);
    this.watch = services.watch?.(request, policy) ?? null;
  }

  /** Greets the client and starts the session's deadlines. */
  start(welcome: Welcome, references: readonly Reference[], offers?: ClientOffers): void {
    this.link.send(welcome);
    const { flash = false, virtualCamera = false } = offers ?? {};
    const trust = this.trust?.atHello(this.attestedBy !== null) ?? NO_TRUST;
    this.dispatch({ type: 'hello', flash, virtualCamera, trust });
    this.dispatch({ type: 'references', references });
  }

  receive(message: Exclude<Upstream, { type: 'hello' }>): void {
    switch (message.type) {
      case 'frame':
        this.receiveFrame(message);
        break;
      case 'skip':
        this.dispatch({ type: 'skip', draws: this.services.draws(DRAWS_PER_EVENT) });
        break;
      case 'bye': {
        const end = this.trust?.end(message) ?? null;
        if (end !== null)
          this.dispatch(end.fits ? { type: 'signed', seq: end.seq } : { type: 'chain-broken' });
        this.dispatch({ type: 'bye', reason: message.reason });
        break;
      }
      case 'possession':
        void this.takeKey(message);
        break;
    }
  }

  /** The relying party vouches for the client's application: from now on, or before the session began. */
  attest(by: string): void {
    this.attestedBy = by;
    if (this.state.phase !== 'hello') this.dispatch({ type: 'attested' });
  }

  private async takeKey(answer: PossessionAnswer): Promise<void> {
    try {
      const possession = (await this.trust?.answer(answer)) ?? null;
      this.dispatch({ type: 'possession', possession });
    } catch (error) {
      this.giveUp(error, 'the key could not be checked');
    }
  }

  disconnected(code: ErrorCode | null = null): void {
    this.dispatch({ type: 'disconnected', ...(code === null ? {} : { code }) });
    // The session was never live, so a client that left without an error has sent no hello.
    if (this.state.phase === 'closed') this.endWith(this.state.code ?? 'hello.expected');
  }

  /** Ends the session from the server's side, without a decision. */
  abort(code: 'server.draining' | 'server.internal'): void {
    if (this.ended) return;
    this.link.close(code);
    this.endWith(code);
  }

  private receiveFrame(frame: Frame): void {
    const { seq, capturedAtMs, image, depth, shown } = frame;
    // Nothing would use a frame that arrives while the decision is being recorded.
    if (this.ended || this.state.phase === 'confirming' || this.state.phase === 'decided') return;
    const signature = this.trust?.frame(frame) ?? 'unsigned';
    if (signature === 'broken') {
      this.dispatch({ type: 'chain-broken' });
      return;
    }
    this.frames.set(seq, { image, depth });
    this.dispatch({
      type: 'frame',
      seq,
      capturedAtMs,
      bytes: image.byteLength,
      ...(shown === undefined ? {} : { shown }),
    });
    if (signature === 'signed') this.dispatch({ type: 'signed', seq });
  }

  private dispatch(event: WithoutTime<SessionEvent>): void {
    if (this.ended) return;
    this.queue.push(event);
    if (this.processing) return;
    this.processing = true;
    try {
      for (let next = this.queue.shift(); next !== undefined && !this.ended; next = this.queue.shift())
        this.process(next);
    } catch (error) {
      this.giveUp(error, 'session failed');
    } finally {
      this.processing = false;
    }
    if (this.wantsTurn && !this.ended) {
      this.wantsTurn = false;
      this.withdrawTurn = this.services.analyzer.requestTurn(this.takeTurn, this.analysisDone);
    }
  }

  private process(event: WithoutTime<SessionEvent>): void {
    const timed = { ...event, atMs: this.services.clock.nowMs() } as SessionEvent;
    const [state, effects] = transition(this.state, timed, this.policy, this.services.context);
    this.state = state;
    this.watch?.stepped(timed, state, effects);
    for (const effect of effects) this.execute(effect);
  }

  private execute(effect: Effect): void {
    switch (effect.type) {
      case 'request-turn':
        this.wantsTurn = true;
        break;
      case 'analyze': {
        const frame = this.frames.get(effect.seq);
        if (frame === undefined) throw new Error('the frame to analyse is missing');
        this.frames.delete(effect.seq);
        const rests = this.textures.keepOnly(effect.rests);
        const foreign = foreignFormat(frame.image);
        const request = {
          image: imageBuffer(frame.image),
          region: effect.region,
          wants: effect.options,
          ...(effect.options.relief === undefined ? {} : { rests }),
        };
        this.handedOver = { seq: effect.seq, request, depth: frame.depth ?? null, foreign };
        break;
      }
      case 'forget-frame':
        this.frames.delete(effect.seq);
        break;
      case 'send-credit':
        this.link.send({ type: 'credit', frames: effect.frames });
        break;
      case 'send-status':
        this.link.send({ type: 'status', ...effect.status });
        break;
      case 'send-error':
        this.link.sendError(effect.code, effect.code === 'frame.undecodable' ? this.unreadable : undefined);
        break;
      case 'wake-at':
        this.cancelWake?.();
        this.cancelWake = effect.atMs === null ? null : this.services.clock.wakeAt(effect.atMs, this.wake);
        break;
      case 'search-gallery':
        void this.search(effect.probe);
        break;
      case 'store-reference':
        void this.services
          .enrol(this.request, effect.embeddings, this.isStoring)
          .then((result) => this.dispatch({ type: 'enrolled', ...result }));
        break;
      case 'record-accept':
        void this.recordAccept(effect.accept);
        break;
      case 'decide':
        void this.conclude(effect);
        break;
      case 'fail':
        this.link.close(effect.code);
        this.endWith(effect.code);
        break;
    }
  }

  private readonly wake = (): void => {
    this.dispatch({ type: 'deadline', draws: this.services.draws(DRAWS_PER_EVENT) });
  };

  private readonly takeTurn = (): AnalyzeRequest | null => {
    this.withdrawTurn = null;
    this.dispatch({ type: 'turn' });
    return this.handedOver?.request ?? null;
  };

  private readonly analysisDone = (reply: AnalyzeReply): void => {
    if (this.handedOver === null) return;
    const { seq, depth, foreign } = this.handedOver;
    this.handedOver = null;
    if (this.ended) return;
    if (reply.ok) {
      const analysis = this.textures.take(seq, reply.analysis);
      const seenBefore = this.seenBefore(analysis);
      this.dispatch({
        type: 'analyzed',
        seq,
        analysis: depth === null ? analysis : withDepth(analysis, depth),
        ...(seenBefore === null ? {} : { seenBefore }),
        draws: this.services.draws(DRAWS_PER_EVENT),
      });
      return;
    }
    this.unreadable = foreign === null ? undefined : `Its format is ${foreign}.`;
    this.dispatch({ type: 'analysis-failed', seq, code: reply.code });
  };

  /** Null when images are not remembered, and for one without a face: covered cameras send the same black image. */
  private seenBefore({ face, pixelDigest }: FrameAnalysis): boolean | null {
    return face.found && this.sentFrames !== null ? this.sentFrames.seenBefore(pixelDigest) : null;
  }

  private async search(probe: Embeddings): Promise<void> {
    try {
      const candidates = await this.services.search(this.request.tenant, probe);
      this.dispatch({ type: 'candidates', candidates });
    } catch (error) {
      this.giveUp(error, 'search failed');
    }
  }

  private readonly isStoring = (): boolean =>
    !this.ended && this.state.phase === 'matching' && this.state.pending?.for === 'storage';

  private async recordAccept(accept: Accept): Promise<void> {
    this.concluding = true;
    try {
      const stands = await this.services.recordAccept(
        this.request,
        accept,
        this.startedAtMs,
        shownByClient(accept.assurance.trust?.capture, this.trust, this.attestedBy),
      );
      if (this.endedWith === null) this.dispatch({ type: 'accept-recorded', stands });
      else if (stands) await this.conclude(accept);
      else this.services.failed(this.request, this.endedWith);
    } catch (error) {
      this.notRecorded(error, 'accept not recorded');
    }
  }

  private async conclude(verdict: Verdict): Promise<void> {
    this.concluding = true;
    try {
      const shown = shownByClient(verdict.assurance.trust?.capture, this.trust, this.attestedBy);
      const token = await this.services.conclude(this.request, verdict, this.startedAtMs, shown);
      const { outcome, retry, reasons } = verdict;
      const cause = causeOf(reasons);
      this.link.send({ type: 'decision', outcome, token, retry, ...(cause === null ? {} : { cause }) });
      this.link.close(null);
      this.end();
    } catch (error) {
      this.notRecorded(error, 'decision not delivered');
    }
  }

  /** A session that was aborted meanwhile is recorded with the code that its client was told. */
  private notRecorded(error: unknown, what: string): void {
    this.concluding = false;
    if (this.endedWith !== null) this.services.failed(this.request, this.endedWith);
    this.giveUp(error, what);
  }

  private giveUp(error: unknown, what: string): void {
    this.services.log.error({ sessionId: this.request.sessionId, error: String(error) }, what);
    this.abort('server.internal');
  }

  /** A decision that is being recorded stands, even if the client does not receive it. */
  private endWith(code: ErrorCode): void {
    if (this.ended) return;
    this.endedWith = code;
    if (!this.concluding) this.services.failed(this.request, code);
    this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.cancelWake?.();
    this.withdrawTurn?.();
    this.frames.clear();
    this.textures.clear();
    this.queue.length = 0;
    this.watch?.ended(this.endedWith);
    this.onEnd();
  }
}
