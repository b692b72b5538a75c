import { html, LitElement, type PropertyValues } from 'lit';
import type { Mode } from '@veriframe/protocol';
import { type CameraDevice, listCameras, rememberedCamera } from '../sdk/camera.ts';
import { canAskForKey } from '../sdk/key.ts';
import {
  createFaceSession,
  type FaceSession,
  type FaceSessionOptions,
  prefersReducedMotion,
} from '../sdk/session.ts';
import type { FaceSessionEvent } from '../sdk/session-state.ts';
import { captionTemplate, screenText } from './captions.ts';
import { type FaceAuthEvent, pageEventOf } from './events.ts';
import { LineHolder } from './line-holder.ts';
import { StageMotion, stageTemplate } from './stage.ts';
import { styles } from './styles/index.ts';
import { type Line, lineOf, nextView, START, type View } from './view.ts';
import { chooseWords, replaceWords, type WordOverrides, type Words } from './words/index.ts';

const RESET_AFTER_MS = 6_000;

/**
 * `<face-auth>`: starts a face session, shows its picture, guides the person and reports the result. It needs `url` and
 * `ticket`; everything else has a default. `custom-elements.json` lists its attributes, events, slots, parts and custom
 * properties.
 */
export class FaceAuth extends LitElement {
  static override styles = styles;
  static override properties = {
    url: { type: String },
    mode: { type: String },
    locale: { type: String },
    theme: { type: String, reflect: true },
    kiosk: { type: Boolean, reflect: true },
    resetAfterMs: { type: Number, attribute: 'reset-after-ms' },
    help: { type: String },
    flash: { type: Boolean },
    possession: { type: Boolean },
    keyName: { type: String, attribute: 'key-name' },
    screen: { type: String, reflect: true },
    ticket: { attribute: false },
    words: { attribute: false },
    view: { state: true },
    cameras: { state: true },
    leavesColoursOut: { state: true },
  };

  /** The server's stream address, `…/v1/stream`; may be relative to the page. */
  declare url: string;
  /**
   * The mode in which the page's backend created the session. It chooses the words until the server has sent the mode.
   */
  declare mode: Mode;
  /** BCP 47 tag; empty follows the document, then the browser. */
  declare locale: string;
  declare theme: 'auto' | 'light' | 'dark';
  /** Uses large type, and returns to the start screen by itself after a session has ended. */
  declare kiosk: boolean;
  /** Kiosk mode: how long the result stays on the screen, in milliseconds. */
  declare resetAfterMs: number;
  /** Folder of the files for help on the device, see `help` of the SDK. Empty: only the server gives hints. */
  declare help: string;
  /**
   * Offers the server to show a sequence of colours around the picture. The start screen announces them and lets the
   * person leave them out. Colours are never offered where the person prefers reduced motion.
   */
  declare flash: boolean;
  /**
   * Lets the browser ask the person for a WebAuthn key when the server wants one: to make it at an enrolment, to sign
   * with it at a verification. The start screen announces the prompt.
   */
  declare possession: boolean;
  /** What the device calls a key that is made, such as the person's user name. Empty: the name of the site. */
  declare keyName: string;
  /** Fetches a fresh ticket from the page's backend; called for each session. */
  declare ticket: FaceSessionOptions['ticket'] | null;
  /** Words that replace the element's own. */
  declare words: WordOverrides;
  /** The screen that is shown. Read only. */
  declare screen: View['screen'];

  /** The present view. */
  protected declare view: View;
  protected declare cameras: readonly CameraDevice[];
  /** The person's choice on the start screen; it stays for the element's life. */
  protected declare leavesColoursOut: boolean;

  readonly #lines = new LineHolder(this);
  #session: FaceSession | null = null;
  #cameraId: string | null = null;
  #motion: StageMotion | null = null;
  #resizing: ResizeObserver | null = null;
  #resetTimer: ReturnType<typeof setTimeout> | undefined;
  #shownScreen: View['screen'] | null = null;
  #hadFocus = false;

  constructor() {
    super();
    this.url = '';
    this.mode = 'verify';
    this.locale = '';
    this.theme = 'auto';
    this.kiosk = false;
    this.resetAfterMs = RESET_AFTER_MS;
    this.help = '';
    this.flash = false;
    this.possession = false;
    this.keyName = '';
    this.ticket = null;
    this.words = {};
    this.view = START;
    this.screen = START.screen;
    this.cameras = [];
    this.leavesColoursOut = false;
  }

  /** Starts a session, as the button does. A running one is cancelled first. */
  start(): void {
    const { ticket } = this;
    if (ticket === null || this.url === '') throw new TypeError('<face-auth> needs url and ticket');
    this.#stop();
    const video = this.renderRoot.querySelector('video');
    const session = createFaceSession({
      url: this.url,
      ticket,
      client: 'veriframe-element',
      ...(video === null ? {} : { video }),
      ...(this.help === '' ? {} : { help: this.help }),
      flash: this.#canFlash && !this.leavesColoursOut,
      possession: this.possession,
      ...(this.keyName === '' ? {} : { keyName: this.keyName }),
      ...(this.#cameraId === null ? {} : { camera: { deviceId: this.#cameraId } }),
    });
    this.#session = session;
    session.subscribe((event) => {
      if (session === this.#session) this.#onSessionEvent(event);
    });
  }

  /** Ends a running session, releases the camera and goes back to the start. */
  cancel(): void {
    if (this.#session === null) return;
    this.#session.cancel();
  }

  /** Goes back to the start screen; a running session is cancelled. */
  reset(): void {
    this.#stop();
    this.#lines.clear();
    this.view = START;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('pagehide', this.#leave);
    this.addEventListener('keydown', this.#onKey);
    void this.#findCameras();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('pagehide', this.#leave);
    this.removeEventListener('keydown', this.#onKey);
    this.#resizing?.disconnect();
    this.#resizing = null;
    this.#leave();
  }

  protected override willUpdate(): void {
    this.screen = this.view.screen;
    if (this.view.screen !== this.#shownScreen)
      this.#hadFocus = this.shadowRoot !== null && this.shadowRoot.activeElement !== null;
    const { words } = this.#language;
    if (this.view.screen === 'connecting')
      this.#lines.show(this.view.asksDevice === true ? words.confirmOnDevice : words.connecting);
    else if (this.view.screen === 'streaming') this.#lines.show(this.#textOf(lineOf(this.view)));
  }

  protected override render(): unknown {
    const { locale, words } = this.#language;
    return html`
      <section
        class="frame"
        part="frame"
        lang=${locale}
        dir=${words.direction}
        aria-label=${words.label}
        data-screen=${this.view.screen}
        data-move=${this.#move}
        ?data-colour=${this.#colour !== null}
        tabindex="-1"
      >
        ${stageTemplate(this.view)}
        <div class="caption" part="caption">
          ${captionTemplate(this.view, {
            words,
            mode: this.mode,
            line: this.#lines,
            cameras: this.cameras,
            cameraId: this.#cameraId,
            asksForKey: this.possession && this.mode !== 'identify' && canAskForKey(),
            colours: this.#canFlash
              ? {
                  leftOut: this.leavesColoursOut,
                  onLeaveOut: (leftOut) => (this.leavesColoursOut = leftOut),
                }
              : null,
            onStart: () => this.start(),
            onCancel: () => this.cancel(),
            onSkip: () => this.#session?.skip(),
            onCamera: (deviceId) => {
              this.#cameraId = deviceId;
            },
          })}
        </div>
        <div class="spoken" role="status" aria-live="polite">${this.#lines.spoken}</div>
      </section>
    `;
  }

  protected override firstUpdated(): void {
    this.dispatchEvent(new CustomEvent('ready'));
  }

  protected override updated(_changed: PropertyValues): void {
    const stage = this.renderRoot.querySelector('.stage');
    const root = this.shadowRoot;
    if (stage === null || root === null) return;
    this.#motion ??= new StageMotion(root);
    this.renderRoot.querySelector<HTMLElement>('.frame')?.style.setProperty('--colour', this.#colour);
    if (this.#resizing === null) {
      this.#resizing = new ResizeObserver(() => this.#place(stage));
      this.#resizing.observe(stage);
      this.#place(stage);
    }
    this.#motion.follow(this.view);
    if (this.view.screen !== this.#shownScreen) this.#changedScreen();
  }

  #place(stage: Element): void {
    this.#motion?.resize({ width: stage.clientWidth, height: stage.clientHeight });
    // The first placement is not animated; later ones are.
    requestAnimationFrame(() => stage.classList.add('placed'));
  }

  /**
   * Keeps the keyboard focus within the element when the focused control is gone. Also speaks the title and text of the
   * new screen.
   */
  #changedScreen(): void {
    const isFirst = this.#shownScreen === null;
    this.#shownScreen = this.view.screen;
    if (isFirst) return;
    const said = screenText(this.view, this.#language.words, this.mode);
    if (this.#hadFocus) {
      const target = this.renderRoot.querySelector<HTMLElement>(said === null ? '.frame' : '.title');
      target?.focus({ preventScroll: true });
    }
    if (said !== null) this.#lines.speak(`${said.title}. ${said.text}`, true);
  }

  #onSessionEvent(event: FaceSessionEvent): void {
    if (event.type === 'streaming') this.mode = event.mode;
    if (event.type === 'camera') void this.#findCameras();
    this.view = nextView(this.view, event);
    if (this.view.screen === 'streaming') this.#speakLine(lineOf(this.view));
    if (event.type === 'key-asked') this.#lines.speak(this.#language.words.confirmOnDevice, true);
    const isEnd = event.type === 'decision' || event.type === 'failed' || event.type === 'cancelled';
    if (isEnd) this.#ended();
    const pageEvent = pageEventOf(event, this.mode);
    if (pageEvent !== null) this.#dispatch(pageEvent);
  }

  #dispatch({ type, detail }: FaceAuthEvent): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #ended(): void {
    this.#session = null;
    this.#lines.clear();
    if (this.kiosk && this.view.screen !== 'start')
      this.#resetTimer = setTimeout(() => this.reset(), this.resetAfterMs);
  }

  #speakLine(line: Line): void {
    const { words } = this.#language;
    const text = this.#textOf(line);
    const challenge = this.view.screen === 'streaming' ? this.view.challenge : null;
    if (line.of !== 'challenge' || challenge === null) return this.#lines.speak(text, false);
    const step = words.challengeOf
      .replace('{number}', String(challenge.number))
      .replace('{of}', String(challenge.of));
    this.#lines.speak(`${step} ${text}`, true);
  }

  #textOf(line: Line): string {
    const { words } = this.#language;
    switch (line.of) {
      case 'hint':
        return words.hint[line.hint];
      case 'challenge':
        return words.challenge[line.kind];
      case 'phase':
        return words.phase[line.phase];
    }
  }

  get #language(): { readonly locale: string; readonly words: Words } {
    const wanted = this.locale === '' ? document.documentElement.lang : this.locale;
    const { locale, words } = chooseWords(wanted === '' ? navigator.languages : [wanted]);
    return { locale, words: replaceWords(words, this.words) };
  }

  /** False where the person prefers reduced motion: then the element neither shows nor mentions colours. */
  get #canFlash(): boolean {
    return this.flash && !prefersReducedMotion();
  }

  get #colour(): string | null {
    return this.view.screen === 'streaming' ? this.view.colour : null;
  }

  /** The direction in which the ring asks the face to move, for the style sheet. */
  get #move(): 'closer' | 'back' | 'none' {
    const hint = this.view.screen === 'streaming' ? this.view.hint : null;
    if (hint === 'move-closer') return 'closer';
    return hint === 'move-back' ? 'back' : 'none';
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.#session !== null) this.cancel();
  };

  readonly #leave = (): void => {
    this.reset();
  };

  #stop(): void {
    clearTimeout(this.#resetTimer);
    const session = this.#session;
    session?.cancel();
    this.#session = null;
  }

  async #findCameras(): Promise<void> {
    this.cameras = await listCameras();
    this.#cameraId ??= this.cameras.find(({ deviceId }) => deviceId === rememberedCamera())?.deviceId ?? null;
  }
}
