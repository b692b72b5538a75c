import {
  type Downstream,
  CAMERA_LABEL_LENGTH,
  type ChallengeStatus,
  type DepthImage,
  type Hello,
  type PossessionRequest,
  type Welcome,
} from '@veriframe/protocol';
import { type Camera, type CameraChoice, cameraPermission, openCamera } from './camera.ts';
import { ColourPacer } from './colour-pacer.ts';
import { Connection } from './connection.ts';
import { asFaceSessionError, FaceSessionError } from './errors.ts';
import { EventQueue } from './event-queue.ts';
import { FrameSender } from './frame-sender.ts';
import { askForKey, canAskForKey } from './key.ts';
import { startLocalHelp } from './help/local-help.ts';
import type { PlacementAdvice } from './help/placement-advice.ts';
import {
  type FaceSessionEnd,
  type FaceSessionEvent,
  type FaceSessionState,
  isNewChallenge,
  isPlacementPhase,
  nextSessionState,
} from './session-state.ts';

export interface FaceSessionOptions {
  /** The server's stream address, `…/v1/stream`. */
  readonly url: string | URL;
  /**
   * Fetches a fresh ticket from the page's own backend. It is called once, after the camera is open, so that the short
   * life of the ticket does not run out during the permission prompt.
   */
  readonly ticket: (context: { readonly signal: AbortSignal }) => string | Promise<string>;
  readonly camera?: CameraChoice;
  /** Shows the picture. Without it the session plays the camera in a hidden video. */
  readonly video?: HTMLVideoElement;
  /**
   * Folder of this origin with MediaPipe's `vision_wasm_module_internal.js` and `.wasm` and the model
   * `face_landmarker.task`. With it the device itself checks whether a face fits: hints come at once, and only pictures
   * that fit are sent. When the folder or one of its files is missing, only the server gives hints.
   */
  readonly help?: string | URL;
  /**
   * The page shows the colours of the event `flash` around the picture, and has announced them to the person. Never
   * offered to the server where the person prefers reduced motion. Default false.
   */
  readonly flash?: boolean;
  /**
   * Returns what a depth sensor sees while the present picture is taken: upright, over the same field of view,
   * millimetres from the camera, 0 where unknown, sides of 16 to 1024 pixels. It is shrunk to what the server takes.
   * Null: the sensor has nothing yet, and the picture is not sent. An image of another shape fails the session with
   * `capture.failed`.
   */
  readonly depth?: () => DepthImage | null;
  /**
   * Whether the device may be asked for a WebAuthn key of the subject, when the server wants one: at an enrolment to
   * make it, at a verification to sign. The person sees the browser's own prompt before the first picture is sent, and
   * may decline. Default false.
   */
  readonly possession?: boolean;
  /** What the device calls a key that is made, such as the person's user name. Default: the name of the site. */
  readonly keyName?: string;
  /** Aborting cancels the session. */
  readonly signal?: AbortSignal;
  /** Names the client software in the server's audit. */
  readonly client?: string;
}

export interface FaceSession extends AsyncIterable<FaceSessionEvent> {
  readonly state: FaceSessionState;
  /** How it ended. Never rejects. */
  readonly ended: Promise<FaceSessionEnd>;
  /** Calls `listener` with each event from now on. Returns the function that unsubscribes it. */
  subscribe(listener: (event: FaceSessionEvent) => void): () => void;
  /** Asks for another challenge of equal strength. */
  skip(): void;
  /** Ends the session; the camera is released before this returns. */
  cancel(): void;
}

/** The longest wait from opening the socket to `welcome`. */
const WELCOME_MS = 10_000;
/** Advice of help on the device that is older than this holds no picture back. */
const FRESH_MS = 500;

/**
 * Starts a session: opens the camera, fetches a ticket, connects, and streams until the server decides. It throws
 * nothing; a failure arrives as the event `failed` with a coded error. A listener or reader that is added in the same
 * turn gets every event. Leaving a `for await` loop early cancels the session.
 */
export function createFaceSession(options: FaceSessionOptions): FaceSession {
  const session = new BrowserSession(options);
  void session.run();
  return session;
}

class BrowserSession implements FaceSession {
  readonly ended: Promise<FaceSessionEnd>;
  readonly #options: FaceSessionOptions;
  readonly #abort = new AbortController();
  readonly #listeners = new Set<(event: FaceSessionEvent) => void>();
  readonly #queues = new Set<EventQueue<FaceSessionEvent>>();
  readonly #video: HTMLVideoElement;
  #resolveEnded!: (end: FaceSessionEnd) => void;
  #state: FaceSessionState = { kind: 'starting' };
  #camera: Camera | null = null;
  #connection: Connection | null = null;
  #sender: FrameSender | null = null;
  /** Credit that came while the device was asked for a key. */
  #earlyCredit = 0;
  #stopHelp: () => void = () => {};
  #advice: (PlacementAdvice & { readonly atMs: number }) | null = null;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  #challenge: ChallengeStatus | undefined;
  readonly #colours = new ColourPacer((flash) => this.#emit({ type: 'flash', flash }));

  constructor(options: FaceSessionOptions) {
    this.#options = options;
    this.#video = options.video ?? document.createElement('video');
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
  }

  get state(): FaceSessionState {
    return this.#state;
  }

  [Symbol.asyncIterator](): AsyncIterator<FaceSessionEvent> {
    const queue = new EventQueue<FaceSessionEvent>(() => this.cancel());
    this.#queues.add(queue);
    if (this.#state.kind === 'ended') queue.end();
    return queue;
  }

  subscribe(listener: (event: FaceSessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  skip(): void {
    this.#connection?.send({ type: 'skip' });
  }

  cancel(): void {
    if (this.#state.kind === 'ended') return;
    this.#connection?.send({ type: 'bye', reason: 'cancelled' });
    this.#end({ type: 'cancelled' });
  }

  async run(): Promise<void> {
    const { signal } = this.#abort;
    const cancel = () => this.cancel();
    this.#options.signal?.addEventListener('abort', cancel, { signal });
    await Promise.resolve();
    if (this.#options.signal?.aborted) this.cancel();
    try {
      const permission = await cameraPermission();
      signal.throwIfAborted();
      this.#emit({ type: 'permission', permission });
      this.#camera = await openCamera(this.#options.camera ?? {}, signal, () =>
        this.#fail(new FaceSessionError('camera.lost')),
      );
      this.#emit({ type: 'camera', stream: this.#camera.stream, label: this.#camera.label });
      play(this.#video, this.#camera.stream);
      this.#startHelp();
      this.#emit({ type: 'connecting' });
      const ticket = await this.#fetchTicket();
      signal.throwIfAborted();
      this.#connect(ticket);
    } catch (cause) {
      if (!signal.aborted) this.#fail(asFaceSessionError(cause, 'camera.in_use'));
    }
  }

  async #fetchTicket(): Promise<string> {
    try {
      return await this.#options.ticket({ signal: this.#abort.signal });
    } catch (cause) {
      throw new FaceSessionError(navigator.onLine ? 'ticket.failed' : 'connection.offline', { cause });
    }
  }

  #connect(ticket: string): void {
    const { url, client = 'veriframe-browser', flash = false, possession = false } = this.#options;
    const offers = {
      ...(flash && !prefersReducedMotion() ? { flash } : {}),
      ...(possession && canAskForKey() ? { possession } : {}),
    };
    this.#welcomeTimer = setTimeout(() => this.#fail(new FaceSessionError('connection.timeout')), WELCOME_MS);
    const connection = new Connection({
      url,
      onOpen: () => connection.send({ type: 'hello', ticket, client, ...offers, ...this.#cameraField() }),
      onMessage: (message) => this.#onMessage(connection, message),
      onEnd: (error) => this.#fail(error ?? new FaceSessionError('connection.lost')),
    });
    this.#connection = connection;
  }

  #cameraField(): Pick<Hello, 'camera'> {
    const label = this.#camera?.label.slice(0, CAMERA_LABEL_LENGTH) ?? '';
    return label === '' ? {} : { camera: { label } };
  }

  #onMessage(connection: Connection, message: Downstream): void {
    this.#sender?.onMessage();
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.#welcomeTimer);
        if (message.possession === undefined) this.#stream(connection, message);
        else void this.#answerForKey(connection, message, message.possession);
        return;
      case 'credit':
        if (this.#sender === null) this.#earlyCredit += message.frames;
        return this.#sender?.credit(message.frames);
      case 'status': {
        this.#emit(message);
        const previous = this.#challenge;
        this.#challenge = message.challenge;
        if (isNewChallenge(previous, message.challenge))
          this.#emit({ type: 'challenge', ...message.challenge });
        this.#colours.request(message.flash ?? null);
        return;
      }
      case 'decision': {
        const { outcome, token, retry, cause } = message;
        const retryable = retry !== 'never';
        return this.#end({
          type: 'decision',
          outcome,
          ...(token === undefined ? {} : { token }),
          retryable,
          ...(cause === undefined ? {} : { cause }),
        });
      }
      case 'error':
        // An error that closes the connection is reported when the connection closes.
        if (message.code === 'frame.undecodable' || message.code === 'skip.not_allowed')
          this.#emit({ type: 'warning', error: new FaceSessionError(message.code) });
        return;
    }
  }

  /** Asks the device for a key, and streams once it has answered, whatever that was. */
  async #answerForKey(connection: Connection, welcome: Welcome, request: PossessionRequest): Promise<void> {
    const { signal } = this.#abort;
    this.#emit({ type: 'key-asked', task: request.task });
    const answer = await askForKey(request, this.#options.keyName ?? location.hostname, signal);
    if (signal.aborted) return;
    connection.send({ type: 'possession', ...answer });
    const done = request.task === 'assert' ? 'asserted' : 'registered';
    this.#emit({ type: 'key-answered', result: answer === null ? 'declined' : done });
    this.#stream(connection, welcome);
  }

  #stream(connection: Connection, { limits, sessionId, mode }: Welcome): void {
    this.#sender = new FrameSender({
      connection,
      video: this.#video,
      limits,
      holdsBack: () => this.#holdsBack(),
      shown: () => this.#colours.shown?.number ?? null,
      depth: this.#options.depth,
      onFailure: (error) => {
        connection.send({ type: 'bye', reason: 'error' });
        this.#fail(error);
      },
    });
    this.#sender.credit(this.#earlyCredit);
    this.#emit({ type: 'streaming', sessionId, mode });
  }

  #startHelp(): void {
    const { help } = this.#options;
    if (help === undefined) return;
    this.#stopHelp = startLocalHelp({
      folder: help,
      video: this.#video,
      isWanted: () => this.#isPlacing,
      onAdvice: (advice) => {
        const before = this.#advice;
        this.#advice = { ...advice, atMs: performance.now() };
        // The position of the face matters only for the hint `centre-face`.
        const isNews = before === null || before.hint !== advice.hint || advice.hint === 'centre-face';
        if (isNews && this.#isPlacing) this.#emit({ type: 'guidance', ...advice });
      },
    });
  }

  get #isPlacing(): boolean {
    return this.#state.kind === 'streaming' && isPlacementPhase(this.#state.status?.phase ?? 'hello');
  }

  #holdsBack(): boolean {
    if (this.#advice === null || this.#advice.hint === null || !this.#isPlacing) return false;
    return performance.now() - this.#advice.atMs < FRESH_MS;
  }

  #fail(error: FaceSessionError): void {
    this.#end({ type: 'failed', error });
  }

  /** The only function that ends a session. It releases everything that was opened before the last event is sent. */
  #end(end: FaceSessionEnd): void {
    if (this.#state.kind === 'ended') return;
    clearTimeout(this.#welcomeTimer);
    this.#stopHelp();
    this.#colours.stop();
    this.#sender?.stop();
    this.#connection?.close();
    this.#camera?.stop();
    this.#video.srcObject = null;
    this.#abort.abort();
    this.#emit(end);
    for (const queue of this.#queues) queue.end();
    this.#resolveEnded(end);
  }

  #emit(event: FaceSessionEvent): void {
    this.#state = nextSessionState(this.#state, event);
    for (const queue of this.#queues) queue.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function play(video: HTMLVideoElement, stream: MediaStream): void {
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  // The promise of play() rejects when the session ends first. The end is reported elsewhere.
  video.play().catch(() => {});
}

/** Whether the person prefers reduced motion. Changing colours are not shown to them. */
export function prefersReducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
