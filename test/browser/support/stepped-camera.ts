import type { Locator, Page } from 'playwright-core';
import type { WatchSession } from '../../../server/observe/session-watch.ts';
import type { Presenter, ShownStatus } from '../../../simulator/presenter.ts';
import { SessionClock } from '../../support/virtual-clock.ts';

declare global {
  /** Shows a picture to the page's camera; null shows none. False while no camera is open. */
  var showPicture: (jpegBase64: string | null) => Promise<boolean>;
  var statusShown: (status: unknown) => Promise<void>;
}

/** Time between two pictures: 15 a second. */
const STEP_MS = 66;
/** The page's clock stands this far ahead of the server's. It is paused before the page is opened. */
const PAUSED_AFTER_MS = 3_600_000;
/** Simulated time within which everything that a test waits for must come. A session takes 60 s at most. */
const LONGEST_MS = 180_000;
/** Real time after which a picture of which the server got nothing is shown again. */
const SHOWN_AGAIN_MS = 250;
/** A page that sends nothing of a picture shown this often does not want it. */
const MOST_SHOWS = 20;
/** Real time within which the server analyses a frame, on any machine. */
const LAST_RESORT_MS = 60_000;
/** Real time within which a page that is not being left hears what the server sends. */
const HEARD_WITHIN_MS = 2_000;

/** A page before which somebody stands. */
interface Stand {
  readonly page: Page;
  readonly presenter: Presenter;
  /** The page's camera was open when it was last looked at. */
  isOpen: boolean;
  /** The picture of the next step, drawn while the server analyses the one before. */
  next: Promise<Buffer> | null;
}

/**
 * Cameras for pages of the real server, and the time for all of them. Pages and server use one simulated clock, which
 * advances by one picture once the picture before was analysed. It stands still except within `until` and `during`. The
 * result is that of a person at that frame rate and a machine that keeps up, however busy this machine is.
 */
export class SteppedCamera {
  readonly clock = new SessionClock();
  readonly #startMs = this.clock.nowMs();
  readonly #stands = new Set<Stand>();
  #sessions = 0;
  #arrived = 0;
  #analysed = 0;
  /** Statuses that the server has sent, and those that pages have received. */
  #sent = 0;
  #heard = 0;
  #wake: () => void = () => {};

  /** Tells the camera what the server's sessions receive, analyse and send. */
  readonly watch: WatchSession = () => {
    this.#sessions += 1;
    this.#sent = this.#heard;
    return {
      stepped: ({ type }, _state, effects) => {
        if (type === 'frame') this.#arrived += 1;
        if (type === 'analyzed' || type === 'analysis-failed') this.#analysed += 1;
        this.#sent += effects.filter((effect) => effect.type === 'send-status').length;
        this.#wake();
      },
      ended: () => {
        this.#sessions -= 1;
        this.#wake();
      },
    };
  };

  get #atMs(): number {
    return Math.round(this.clock.nowMs() - this.#startMs);
  }

  /**
   * Replaces the camera and the clock of a page until it is closed. The presenter sees each status, as a person would.
   * Nothing of the product is replaced. Call it before the page is opened.
   */
  async stand(page: Page, presenter: Presenter): Promise<void> {
    const stand: Stand = { page, presenter, isOpen: false, next: null };
    this.#stands.add(stand);
    page.on('close', () => this.#stands.delete(stand));
    await page.exposeFunction('statusShown', (status: ShownStatus) => {
      presenter.onStatus?.(status, this.#atMs);
      this.#heard += 1;
      this.#wake();
    });
    await page.clock.install({ time: this.clock.nowMs() });
    await page.clock.pauseAt(this.clock.nowMs() + PAUSED_AFTER_MS);
    await page.addInitScript(replaceCamera);
  }

  /** Lets time pass until a page shows the place, or the condition is met. Both are looked at after each picture. */
  async until(sight: Locator | (() => boolean | Promise<boolean>)): Promise<void> {
    const isSeen = typeof sight === 'function' ? sight : () => sight.isVisible();
    const limitMs = this.clock.nowMs() + LONGEST_MS;
    while (!(await isSeen())) {
      if (this.clock.nowMs() >= limitMs)
        throw new Error(`not within ${LONGEST_MS} simulated ms: ${String(sight)}`);
      await this.#step();
    }
  }

  /** Lets time pass until the promise is settled. */
  async during<T>(work: Promise<T>): Promise<T> {
    const settled = { is: false };
    const settle = () => (settled.is = true);
    work.then(settle, settle);
    await this.until(() => settled.is);
    return await work;
  }

  /** One picture for each open camera, its analysis, and the time to the next. */
  async #step(): Promise<void> {
    const startedMs = performance.now();
    let isFilmed = false;
    for (const stand of this.#stands) isFilmed = (await this.#film(stand)) || isFilmed;
    // Where nobody is filmed, pages and server wait for each other only: no faster than in reality.
    if (!isFilmed) await this.#woken(() => false, STEP_MS - (performance.now() - startedMs));
    this.clock.advance(STEP_MS);
    for (const { page } of this.#stands) await page.clock.runFor(STEP_MS);
  }

  /** Shows the page one picture and waits until the server has analysed it. False: the page's camera is not open. */
  async #film(stand: Stand): Promise<boolean> {
    const { presenter } = stand;
    stand.isOpen ||= await show(stand, null);
    if (!stand.isOpen) return false;
    const jpegBase64 = (await (stand.next ?? presenter.frameAt(this.#atMs))).toString('base64');
    stand.next = null;
    const [arrived, analysed] = [this.#arrived, this.#analysed];
    const hasArrived = () => this.#arrived > arrived;
    const isOver = () => this.#analysed > analysed || this.#sessions === 0;
    // A page that is not ready for a picture drops it. Time stands still for it, so that it sends none twice.
    for (let shows = 0; shows < MOST_SHOWS && !hasArrived(); shows += 1) {
      stand.isOpen = await show(stand, jpegBase64);
      if (!stand.isOpen) return false;
      await this.#woken(hasArrived, SHOWN_AGAIN_MS);
    }
    if (!hasArrived()) return true;
    // People take longer than one picture to do what they are asked to.
    stand.next = presenter.frameAt(this.#atMs + STEP_MS);
    await this.#woken(isOver, LAST_RESORT_MS);
    await this.#woken(() => this.#heard >= this.#sent || this.#sessions === 0, HEARD_WITHIN_MS);
    return true;
  }

  async #woken(isSo: () => boolean, limitMs: number): Promise<void> {
    const limit = { isOver: false };
    const timer = setTimeout(() => {
      limit.isOver = true;
      this.#wake();
    }, limitMs);
    while (!isSo() && !limit.isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }
}

/** A page that is being left has no camera. */
async function show({ page }: Stand, jpegBase64: string | null): Promise<boolean> {
  return await page.evaluate((jpeg) => showPicture(jpeg), jpegBase64).catch(() => false);
}

/** Runs in the page, before its own scripts. */
function replaceCamera(): void {
  let context: CanvasRenderingContext2D | null = null;
  let track: MediaStreamTrack | undefined;
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    context = canvas.getContext('2d');
    const stream = canvas.captureStream();
    [track] = stream.getVideoTracks();
    return stream;
  };
  globalThis.showPicture = async (jpegBase64) => {
    if (context === null || track?.readyState !== 'live') return false;
    if (jpegBase64 === null) return true;
    const bytes = Uint8Array.from(atob(jpegBase64), (letter) => letter.charCodeAt(0));
    context.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
    return true;
  };
  // The page's clock differs from the browser's, which gives the time of capture.
  const { prototype } = HTMLVideoElement;
  const original = Object.getOwnPropertyDescriptor(prototype, 'requestVideoFrameCallback')?.value as (
    this: HTMLVideoElement,
    callback: VideoFrameRequestCallback,
  ) => number;
  prototype.requestVideoFrameCallback = function (callback) {
    return original.call(this, (_now, metadata) => {
      const captureTime = performance.now();
      callback(captureTime, { ...metadata, captureTime });
    });
  };
  // An event that does not bubble still reaches a listener of the capture phase, whenever its element was added.
  const hear = (event: Event) => {
    if (event instanceof CustomEvent) void statusShown(event.detail);
  };
  document.addEventListener('status', hear, { capture: true });
}
