import { morphPortrait, type Portrait, type Presenter } from '../../simulator/index.ts';
import { person } from './people.ts';

/** The share of the second face at a time since the first challenge was shown; negative: before it. */
export type Course = (sinceMs: number) => number;

/** Faces between two portraits, the first and the last among them. */
export function facesBetween(first: Portrait, second: Portrait, steps: number): Portrait[] {
  return Array.from({ length: steps + 1 }, (_, step) => morphPortrait(first, second, step / steps));
}

/** One head that answers the challenges, with one of `faces` after the other, as `course` says. */
export async function drifting(faces: readonly Portrait[], seed: number, course: Course): Promise<Presenter> {
  const people = await Promise.all(faces.map((face) => person(face, seed)));
  let askedAtMs: number | null = null;
  return {
    async frameAt(atMs) {
      const share = course(askedAtMs === null ? -1 : atMs - askedAtMs);
      return await people[Math.round(Math.min(1, Math.max(0, share)) * (people.length - 1))].frameAt(atMs);
    },
    onStatus(status, atMs) {
      if (status.phase !== 'positioning') askedAtMs ??= atMs;
      for (const one of people) one.onStatus(status, atMs);
    },
  };
}
