import type { Page } from 'playwright-core';
import type { WatchSession } from '../../../server/observe/session-watch.ts';
import type { Presenter } from '../../../simulator/presenter.ts';
import { SessionClock } from '../../support/virtual-clock.ts';

declare global {
  /** Shows a picture to the page's camera. False while no camera is open. */
  var showPicture: (jpegBase64: string) => Promise<boolean>;
  var statusShown: (status: unknown) => Promise<void>;
}

/** Time between two pictures: 15 a second. */
const STEP_MS = 66;
/**
 * Before a session analyses pictures, the simulated time runs slower than real time, because a busy machine needs more
 * of it.
 */
const UNSEEN_STEP_MS = 4 * STEP_MS;
/** Longer than any page takes to open. The page's clock may differ from the server's. */
const PAUSED_AFTER_MS = 3_600_000;
/** A page that got a picture and sends none within this time has nothing more to send. */
const LAST_RESORT_MS = 30_000;

/**
 * A camera for a page of the real server. Both use one simulated clock, which advances by one picture once the picture
 * before was analysed. The result is that of a person at that frame rate and a machine that keeps up, however busy this
 * machine is.
 */
export class SteppedCamera {
  readonly clock = new SessionClock();
  readonly #startMs = this.clock.nowMs();
  #open = 0;
  #isSeen = false;
  #analysed = 0;
  #wake: () => void = () => {};

  /** Tells the camera which pictures the server's sessions have analysed. */
  readonly watch: WatchSession = () => {
    this.#open += 1;
    this.#isSeen = false;
    return {
      stepped: ({ type }) => {
        if (type === 'frame') this.#isSeen = true;
        if (type !== 'analyzed' && type !== 'analysis-failed') return;
        this.#analysed += 1;
        this.#wake();
      },
      ended: () => {
        this.#open -= 1;
        this.#wake();
      },
    };
  };

  get #atMs(): number {
    return Math.round(this.clock.nowMs() - this.#startMs);
  }

  /**
   * Replaces the page's camera and clock by these. The presenter sees each status, as a person would. Nothing of the
   * product is replaced. Call it before the page is opened.
   */
  async stand(page: Page, presenter: Presenter): Promise<void> {
    await page.exposeFunction('statusShown', (status: Parameters<NonNullable<Presenter['onStatus']>>[0]) =>
      presenter.onStatus?.(status, this.#atMs),
    );
    await page.clock.install({ time: this.clock.nowMs() });
    await page.addInitScript(() => {
      let context: CanvasRenderingContext2D | null = null;
      navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement('canvas');
        canvas.width = 640;
        canvas.height = 480;
        context = canvas.getContext('2d');
        return canvas.captureStream();
      };
      globalThis.showPicture = async (jpegBase64) => {
        if (context === null) return false;
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
      document.addEventListener('DOMContentLoaded', () => {
        const element = document.querySelector('face-auth');
        element?.addEventListener('status', (event) => {
          if (event instanceof CustomEvent) void statusShown(event.detail);
        });
      });
    });
  }

  /** Films the presenter while an action runs on the opened page. */
  async film(page: Page, presenter: Presenter, meanwhile: () => Promise<unknown>): Promise<void> {
    await page.clock.pauseAt(this.clock.nowMs() + PAUSED_AFTER_MS);
    const over = { is: false };
    const ended = meanwhile().finally(() => (over.is = true));
    // The promise is awaited below. Until then a rejection must not count as unhandled.
    ended.catch(() => {});
    while (!over.is) {
      const before = this.#analysed;
      const picture = await presenter.frameAt(this.#atMs);
      // A page that is being left has no camera.
      const isShown = await page
        .evaluate((jpeg) => showPicture(jpeg), picture.toString('base64'))
        .catch(() => false);
      if (isShown && this.#open > 0 && this.#isSeen)
        await this.#until(() => this.#analysed > before || this.#open === 0, LAST_RESORT_MS);
      else await this.#until(() => this.#isSeen && this.#analysed > before, UNSEEN_STEP_MS);
      this.clock.advance(STEP_MS);
      await page.clock.runFor(STEP_MS);
    }
    await ended;
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<void> {
    const limit = { isOver: false };
    const timer = setTimeout(() => {
      limit.isOver = true;
      this.#wake();
    }, limitMs);
    while (!isSo() && !limit.isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }
}
