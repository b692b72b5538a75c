import { randomInt } from 'node:crypto';
import { KioskError } from '../../client/kiosk/errors.ts';
import {
  createPerson,
  preparePortrait,
  replay,
  SAMPLE_PORTRAITS,
  stillPhoto,
  type Presenter,
  type RecordedFrame,
} from '../index.ts';

/** The only file of the trial that knows how people are drawn. */

export type { Presenter, RecordedFrame };

/** Whom the trial puts in front of the server. Each call gives another appearance: no picture comes twice. */
export interface Cast {
  /** The person who is enrolled. She answers what the server asks for. */
  ada(): Promise<Presenter>;
  /** Another person. She answers as well. */
  stranger(): Promise<Presenter>;
  /** A photo of ada, held still before a camera. */
  still(): Presenter;
  /** Pictures that were sent before, in their order and at their pace, from `startMs` on. */
  recording(pictures: readonly RecordedFrame[], startMs: number): Presenter;
}

/**
 * Finds the two faces in the sample photos. Takes about a second.
 * Rejects with `client.internal` where the photos or the models are missing.
 */
export async function prepareCast(): Promise<Cast> {
  const [ada, stranger] = await Promise.all([
    preparePortrait(SAMPLE_PORTRAITS.first),
    preparePortrait(SAMPLE_PORTRAITS.third),
  ]).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KioskError('client.internal', `The people of the trial cannot be drawn: ${why}`, { cause });
  });
  return {
    ada: () => createPerson({ portrait: ada, seed: newSeed() }),
    stranger: () => createPerson({ portrait: stranger, seed: newSeed() }),
    still: () => stillPhoto(ada, newSeed()),
    recording: replay,
  };
}

/** A seed decides how a person sways, blinks and reacts, and the noise of the camera. */
function newSeed(): number {
  return randomInt(2 ** 31);
}
