import type { Page } from 'playwright-core';
import type { Presenter } from '../../../simulator/presenter.ts';

declare global {
  var nextPicture: () => Promise<string>;
  var statusShown: (status: unknown) => Promise<void>;
}

/**
 * Puts a presenter in front of the page's camera: `getUserMedia` returns the stream of a canvas on which the
 * presenter's pictures are drawn. The presenter sees each status, as a person would. Nothing of the product is
 * replaced. Call it before the page is opened.
 */
export async function presentToPage(page: Page, presenter: Presenter): Promise<void> {
  await page.exposeFunction('nextPicture', async () =>
    (await presenter.frameAt(Math.round(performance.now()))).toString('base64'),
  );
  await page.exposeFunction('statusShown', (status: Parameters<NonNullable<Presenter['onStatus']>>[0]) =>
    presenter.onStatus?.(status, Math.round(performance.now())),
  );
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement('canvas');
      canvas.width = 640;
      canvas.height = 480;
      const context = canvas.getContext('2d');
      const stream = canvas.captureStream();
      const [track] = stream.getVideoTracks();
      const draw = async () => {
        const bytes = Uint8Array.from(atob(await nextPicture()), (letter) => letter.charCodeAt(0));
        context?.drawImage(await createImageBitmap(new Blob([bytes])), 0, 0);
      };
      const film = async (): Promise<void> => {
        await draw();
        if (track?.readyState === 'live') requestAnimationFrame(() => void film());
      };
      await film();
      return stream;
    };
    document.addEventListener('DOMContentLoaded', () => {
      const element = document.querySelector('face-auth');
      element?.addEventListener('status', (event) => {
        if (event instanceof CustomEvent) void statusShown(event.detail);
      });
    });
  });
}
