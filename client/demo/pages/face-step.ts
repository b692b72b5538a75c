import type { FaceAuth, FaceAuthEventDetails } from '@veriframe/browser/element';
import { ask } from './api.ts';
import { siteUrl } from './site.ts';
import { rememberKey } from './known-device.ts';

interface Started {
  readonly ticket: string;
  readonly socketPath: string;
}

interface FaceStep {
  readonly mode: 'enrol' | 'verify';
  /** Path and body of the request for a ticket. */
  readonly ticketPath: string;
  readonly ticketBody?: unknown;
  /** Whose face it is, and whether the device is asked for a key. */
  readonly username: string;
  readonly possession: boolean;
  /** Called when the backend has verified and accepted the decision. */
  readonly onDone: () => void;
  /** Called when there is no ticket or the backend refuses the decision. */
  readonly onProblem: (error: unknown) => void;
  /** An alternative to the face check, shown beside the element's own button. */
  readonly alternative?: HTMLElement;
}

/** Puts `<face-auth>` into `place`. Its decision counts only after the site's own backend has verified the token. */
export function showFaceStep(place: Element, step: FaceStep): FaceAuth {
  const element = document.createElement('face-auth');
  element.url = siteUrl('/v1/stream');
  element.mode = step.mode;
  element.possession = step.possession;
  element.keyName = step.username;
  let isRegistered = false;
  element.addEventListener('key', (event) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { result } = (event as CustomEvent<FaceAuthEventDetails['key']>).detail;
    isRegistered = result === 'registered';
  });
  element.ticket = async () => {
    try {
      const { ticket, socketPath } = await ask<Started>('POST', step.ticketPath, step.ticketBody);
      element.url = siteUrl(socketPath);
      return ticket;
    } catch (error) {
      step.onProblem(error);
      throw error;
    }
  };
  element.addEventListener('passed', (event) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { token } = (event as CustomEvent<FaceAuthEventDetails['passed']>).detail;
    ask('POST', '/api/face/decision', { token: token ?? '' }).then(() => {
      if (isRegistered) rememberKey(step.username);
      step.onDone();
    }, step.onProblem);
  });
  if (step.alternative !== undefined) {
    step.alternative.slot = 'alternative';
    element.append(step.alternative);
  }
  void help().then(({ path, flash }) => {
    element.help = path === null ? '' : siteUrl(path);
    element.flash = flash;
  });
  place.replaceChildren(element);
  return element;
}

interface Help {
  /** Path of the files of help on the device, or null. */
  readonly path: string | null;
  /** Whether colours are shown around the picture. */
  readonly flash: boolean;
}

async function help(): Promise<Help> {
  return await ask<Help>('GET', '/api/face/help').catch(() => ({ path: null, flash: false }));
}
