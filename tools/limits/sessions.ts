import { policyFor } from '../../server/policy/built-in.ts';
import { MAX_UNWRITTEN_ENDS } from '../../server/sessions/attempts.ts';
import { OPTIONS } from '../../server/config.ts';
import { EXCUSED_PER_FAILURE } from '../../server/identity/lock-out.ts';
import { MAX_SCANS } from '../../server/inference/jpeg/header.ts';
import { LONGEST_FEED_MS, MAX_LISTENERS, SLOW_BYTES } from '../../server/observe/live-feed.ts';
import { MAX_REFERENCES } from '../../server/subjects/subjects.ts';
import { configured, count, type LimitGroup, test } from './limit.ts';

const { timing, maxUndecodable, maxLost, challenges } = policyFor('standard');

/** Limits on images, sessions, subjects and observers. */
export const LIMITS_OF_SESSIONS: readonly LimitGroup[] = [
  {
    title: 'Pictures',
    limits: [
      {
        what: 'Pixels, by the header, before any is decoded',
        ...configured('maxImagePixels'),
        response: 'frame.too_many_pixels',
        test: test(
          'inference/image-decoder',
          'refuses a picture over the pixel limit by its header, before any pixel is decoded',
        ),
      },
      {
        what: 'Scans of a progressive JPEG',
        limit: count(MAX_SCANS),
        response: 'frame.undecodable',
        test: test(
          'inference/image-decoder',
          'refuses a progressive JPEG with more scans than any encoder writes',
        ),
      },
      {
        what: 'Pictures in one file',
        limit: 'one',
        response: 'frame.undecodable',
        test: test('inference/image-decoder', 'refuses an animated WebP'),
      },
      {
        what: 'Formats',
        limit: 'JPEG, WebP, PNG, by signature',
        response: 'frame.undecodable',
        test: test('inference/image-decoder', 'refuses every other kind of bytes'),
      },
      {
        what: 'Metadata: whatever fits the bytes, never inflated',
        limit: 'none of it is read',
        response: {
          words: 'nothing: the picture is taken without it, or is unreadable where the form is broken',
        },
        test: test('hostile/pictures', 'carry what they like, and cost no memory for it'),
      },
      {
        what: 'Unreadable pictures in a row, with none readable before or for ten seconds',
        limit: count(maxUndecodable),
        response: 'frame.too_many_undecodable',
        test: test(
          'e2e/refusals',
          'R19: an unreadable picture is told and costs neither credit nor session; too many end it',
        ),
      },
      {
        what: 'Time of one frame on a worker, which is then replaced',
        ...configured('frameTimeoutMs'),
        response: { words: 'nothing: the frame is lost' },
        test: test('inference/pool', 'replaces a worker that takes too long'),
      },
      {
        what: 'Workers that one session may lose',
        limit: count(maxLost),
        response: 'server.internal',
        test: test(
          'session/frame-flow',
          'a lost worker costs one frame, a session that keeps losing them ends',
        ),
      },
    ],
  },
  {
    title: 'Sessions and subjects',
    limits: [
      {
        what: 'Length of a session',
        limit: count(timing.sessionMs, 'ms'),
        response: { words: 'a decision, never accept for want of evidence' },
        test: test(
          'session/properties',
          'no session outlives its time, and who ran out of it is not accepted for want of evidence',
        ),
      },
      {
        what: 'Challenges that may be skipped',
        limit: count(challenges?.maxSkips ?? 0),
        response: 'skip.not_allowed',
        test: test(
          'session/challenges',
          'R25 draws another that is at least as strong, a limited number of times',
        ),
      },
      {
        what: 'Verifications of a subject that were not accepted, those under way included, begun within the lock-out time',
        ...configured('lockOutFailures'),
        response: 'subject.locked',
        test: test(
          'e2e/attempts',
          'takes no more of many tickets redeemed at once, and says to the millisecond when the next is let in',
        ),
      },
      {
        what: 'The same of those that the service ended, or that were starved of frames',
        limit: `${EXCUSED_PER_FAILURE} × ${OPTIONS.lockOutFailures.env}`,
        response: 'subject.locked',
        test: test('identity/lock-out', 'after three times as many excused attempts'),
      },
      {
        what: 'Ends of sessions that wait for the store, beyond which nobody is let in',
        limit: count(MAX_UNWRITTEN_ENDS),
        response: 'server.busy',
        test: test(
          'sessions/attempts',
          'is refused while too many ends of others wait for the store, and admitted once those are on record',
        ),
      },
      {
        what: 'References of a subject',
        limit: count(MAX_REFERENCES),
        response: { words: 're-verify: the reference is not stored' },
        test: test(
          'subjects/subjects',
          'has a limited number of references, since each one adds false matches',
        ),
      },
      {
        what: 'Servers on one data folder',
        limit: count(1),
        response: {
          words: 'the second does not start: it says which process holds the folder and what to do',
        },
        test: test(
          'e2e/process',
          'shares its data folder with no other server, and leaves nothing behind that would stop the next one',
        ),
      },
      {
        what: 'Pictures remembered against replay, 24 bytes each; the oldest are forgotten',
        ...configured('replayMemoryFrames'),
        response: { words: 'nothing' },
        test: test(
          'evidence/injection-replay',
          'keeps at least half of what it may, forgets what is older, and stays as large as it is',
        ),
      },
      {
        what: 'Recordings of sessions; the oldest are removed',
        ...configured('maxRecordedSessions'),
        response: { words: 'nothing' },
        test: test('observe/recording', 'are kept in a folder of bounded size, for the operator alone'),
      },
    ],
  },
  {
    title: 'Live feeds',
    limits: [
      {
        what: 'Listeners: of a tenant’s sessions; of single sessions',
        limit: `${MAX_LISTENERS.service}; ${MAX_LISTENERS.session}`,
        response: 'server.busy',
        test: test(
          'observe/live-feed',
          'refuses more listeners than there may be, and takes others when they have left',
        ),
      },
      {
        what: 'Unread bytes above which a listener loses updates',
        limit: count(SLOW_BYTES, 'bytes'),
        response: { words: 'the last state, later' },
        test: test(
          'observe/live-feed',
          'R38: a listener that does not read misses updates, gets the latest state once it reads, and delays nobody',
        ),
      },
      {
        what: 'Length of a feed',
        limit: count(LONGEST_FEED_MS, 'ms'),
        response: { words: 'close 1000' },
        test: test(
          'observe/live-feed',
          'R38: ends after fifteen minutes, and costs no timer while nobody listens',
        ),
      },
    ],
  },
];
