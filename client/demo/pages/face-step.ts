import type { FaceAuth, FaceAuthEventDetails } from '@veriframe/browser/element';
import { ask } from './api.ts';

interface Started {
  readonly ticket: string;
  readonly socketPath: string;
}

export interface FaceStep {
  readonly mode: 'enrol' | 'verify';
  /** Where the backend gives tickets, and what it wants to know for one. */
  readonly ticketPath: string;
  readonly ticketBody?: unknown;
  /** The backend has checked the decision and taken it. */
  readonly onDone: () => void;
  /** No ticket, or the backend does not believe the decision. */
  readonly onProblem: (error: unknown) => void;
  /** The other way on, shown beside the element's own button. */
  readonly alternative?: HTMLElement;
}

/** Puts `<face-auth>` into `place`. Its decision counts only once this site's own backend has checked the token. */
export function showFaceStep(place: Element, step: FaceStep): FaceAuth {
  const element = document.createElement('face-auth');
  element.url = '/v1/stream';
  element.mode = step.mode;
  element.ticket = async () => {
    try {
      const { ticket, socketPath } = await ask<Started>('POST', step.ticketPath, step.ticketBody);
      element.url = socketPath;
      return ticket;
    } catch (error) {
      step.onProblem(error);
      throw error;
    }
  };
  element.addEventListener('passed', (event) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { token } = (event as CustomEvent<FaceAuthEventDetails['passed']>).detail;
    ask('POST', '/api/face/decision', { token: token ?? '' }).then(step.onDone, step.onProblem);
  });
  if (step.alternative !== undefined) {
    step.alternative.slot = 'alternative';
    element.append(step.alternative);
  }
  void help().then(({ path, flash }) => {
    element.help = path ?? '';
    element.flash = flash;
  });
  place.replaceChildren(element);
  return element;
}

interface Help {
  /** Where help on the device is served, or null. */
  readonly path: string | null;
  /** Whether colours are shown around the picture. */
  readonly flash: boolean;
}

async function help(): Promise<Help> {
  return await ask<Help>('GET', '/api/face/help').catch(() => ({ path: null, flash: false }));
}
