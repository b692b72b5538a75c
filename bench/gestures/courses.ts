import type { ChallengeKind } from '../../protocol/status.ts';
import { foldBlink, initialBlink } from '../../server/evidence/blink.ts';
import { isCourseSeen, type CourseFrame } from '../../server/evidence/course.ts';
import { courseExtentOf, facesAhead, isAtRest, isHeadMove } from '../../server/evidence/gesture.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { deviations, type Watched } from '../cues/watch.ts';

const { gestures, blink } = policyFor('standard');

export const GESTURES = ['turn-left', 'turn-right', 'look-up', 'look-down', 'open-mouth'] as const;

/** How many gestures and blinks of a recording have a course that is seen, at one frame rate. */
export interface SeenCourses {
  readonly kind: ChallengeKind;
  readonly happened: number;
  readonly seen: number;
}

/** The frames that a camera of `framesPerSecond` would have taken, the first one `phase` of an interval later. */
export function thinned(watched: Watched, framesPerSecond: number, phase: number): Watched {
  const stepMs = 1000 / framesPerSecond;
  let dueMs = (watched[0]?.atMs ?? 0) + phase * stepMs;
  return watched.filter(({ atMs }) => {
    if (atMs < dueMs - 1) return false;
    dueMs = Math.max(dueMs + stepMs, atMs + stepMs / 2);
    return true;
  });
}

/**
 * Movements that go as far as a challenge asks, from rest and back, in a recording of somebody who was asked nothing.
 */
export function coursesIn(watched: Watched): SeenCourses[] {
  const moved = deviations(watched);
  const rows = GESTURES.map((kind): SeenCourses => {
    let course: CourseFrame[] = [];
    let [happened, seen] = [0, 0];
    for (const [i, deviation] of moved.entries()) {
      course.push({ atMs: watched[i].atMs, extent: courseExtentOf(kind, deviation, gestures) });
      const isBack = isHeadMove(kind)
        ? facesAhead(deviation, kind, gestures)
        : isAtRest(deviation, kind, gestures);
      if (!isBack) continue;
      if (course.some(({ extent }) => extent >= 1)) {
        happened++;
        if (gestures.course !== null && isCourseSeen(kind, course, gestures.course)) seen++;
        course = course.slice(-1);
      } else course = course.slice(-REST_FRAMES);
    }
    return { kind, happened, seen };
  });
  const lids = watched.reduce((state, sample) => foldBlink(state, sample, false, blink), initialBlink);
  return [...rows, { kind: 'blink', happened: lids.count, seen: lids.seenCount }];
}

/** Frames at rest that are kept before a movement: a challenge is awaited for longer. */
const REST_FRAMES = 30;
