import { HELLO_BUDGET_BYTES } from '../server/gateway/connection.ts';
import { DEFAULT_GATEWAY_LIMITS } from '../server/gateway/gateway.ts';
import { MAX_SCANS } from '../server/inference/jpeg-header.ts';
import { LONGEST_FEED_MS, MOST_LISTENERS, SLOW_BYTES } from '../server/observe/live-feed.ts';
import { MAX_KEYS, MAX_STRING_BYTES, MESSAGE_OVERHEAD_BYTES } from '../protocol/codec.ts';
import { CAMERA_LABEL_LENGTH } from '../protocol/status.ts';
import { DEPTH_PIXELS_CEILING, DEPTH_SIDES, IMAGE_BYTES_CEILING } from '../protocol/upstream.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { MOST_A_PAGE } from '../server/api/observation.ts';
import { OPTIONS } from '../server/config.ts';
import { policyFor } from '../server/decision/policy.ts';
import { MAX_REFERENCES } from '../server/subjects.ts';

export interface Limit {
  /** What could be too much. */
  readonly what: string;
  readonly limit: string;
  /** The setting that moves it; none where it stands in the code or the protocol. */
  readonly setting?: keyof typeof OPTIONS;
  /** What the sender hears: an error code, or words where there is no code. */
  readonly hears: ErrorCode | { readonly words: string };
  /** The test that shows it. */
  readonly test: { readonly file: string; readonly title: string };
}

export interface LimitGroup {
  readonly title: string;
  readonly limits: readonly Limit[];
}

const count = (value: number, unit = '') =>
  `${value.toLocaleString('en').replaceAll(',', ' ')}${unit && ` ${unit}`}`;

/** The default of a setting with its unit, and the setting. */
function configured(setting: keyof typeof OPTIONS): Pick<Limit, 'limit' | 'setting'> {
  const { default: value, unit } = OPTIONS[setting];
  return { limit: typeof value === 'number' ? count(value, unit) : value, setting };
}

const test = (file: string, title: string) => ({ file: `test/${file}.test.ts`, title });
const { maxUnsentBytes, requestTimeoutMs, maxBodyBytes, maxHeaderBytes } = DEFAULT_GATEWAY_LIMITS;
const { timing, frameWindow, maxUndecodable, maxLost, challenges } = policyFor('standard');

/** Everything of which there could be too much, and what stops it. */
export const LIMIT_GROUPS: readonly LimitGroup[] = [
  {
    title: 'Connections',
    limits: [
      {
        what: 'WebSockets open at a time',
        ...configured('maxConnections'),
        hears: 'server.busy',
        test: test(
          'gateway/admission',
          'R4: counts connections in all and by address, and lets go of those that ended',
        ),
      },
      {
        what: 'WebSockets from one IPv4 address or one IPv6 /64',
        ...configured('maxConnectionsPerAddress'),
        hears: 'server.busy',
        test: test(
          'hostile/connections',
          'beyond an address’s share, and beyond all shares, are refused, and have room again when others leave',
        ),
      },
      {
        what: 'Sessions open at a time, whatever the workers could do',
        ...configured('maxSessions'),
        hears: 'server.busy',
        test: test(
          'gateway/connection',
          'R4: refuses upgrades when it is full of sessions, of sockets, or drains',
        ),
      },
      {
        what: 'Sessions beyond what the workers were measured to serve',
        limit: 'measured while it runs',
        hears: 'server.busy',
        test: test(
          'chaos/overload',
          'do not slow down those who were let in, hear when to come back, and are all decided rightly',
        ),
      },
      {
        what: 'Time from the upgrade to a valid hello, and, on ws, of half a message',
        ...configured('helloTimeoutMs'),
        hears: 'hello.timeout',
        test: test(
          'hostile/connections',
          'that write a message byte by byte, or stop within one, hear hello.timeout, at both doors',
        ),
      },
      {
        what: 'Silence of a peer that answers no ping (uWS: from 8 s, four seconds more or less)',
        ...configured('idleTimeoutMs'),
        hears: { words: 'cut off: 1006' },
        test: test('gateway/idle', 'R32: cuts off a peer that answers no ping and keeps one that does'),
      },
      {
        what: 'Bytes waiting for a client that does not read',
        limit: count(maxUnsentBytes, 'bytes; twice that cuts it off'),
        hears: 'client.slow',
        test: test('gateway/connection', 'R32: a client that does not read is ended with client.slow'),
      },
      {
        what: 'Origins that a browser may come from',
        limit: "the server's own, unless listed",
        setting: 'allowedOrigins',
        hears: 'origin.refused',
        test: test(
          'hostile/connections',
          'come from no other site, under no other protocol and no other version',
        ),
      },
    ],
  },
  {
    title: 'HTTP requests',
    limits: [
      {
        what: 'Time for a request to arrive whole, however it drips; connections that say nothing (uWS: 10 to 14 s of its own)',
        limit: count(requestTimeoutMs, 'ms'),
        hears: { words: 'cut off, on ws after 408' },
        test: test(
          'hostile/requests.contract',
          'that never end are cut off, whether they stand still or drip',
        ),
      },
      {
        what: 'Bytes of request line and headers (uWS: at most 4 KiB where they come in pieces)',
        limit: count(maxHeaderBytes, 'bytes'),
        hears: { words: 'HTTP 431' },
        test: test('gateway/transport.contract', 'refuses oversized headers and goes on serving'),
      },
      {
        what: 'Bytes of a body',
        limit: count(maxBodyBytes, 'bytes'),
        hears: { words: 'HTTP 413' },
        test: test('gateway/transport.contract', 'takes a body up to the limit and answers 413 beyond it'),
      },
      {
        what: 'Ways to read a request: lengths, encodings, hosts',
        limit: 'one',
        hears: { words: 'HTTP 400 (ws) or cut off (uWS); nothing behind it is read' },
        test: test('hostile/requests.contract', 'is refused, and nothing behind it is answered'),
      },
      {
        what: 'Entries of a page of decisions or subjects',
        limit: count(MOST_A_PAGE),
        hears: 'api.invalid',
        test: test(
          'hostile/api',
          'answers whatever its description allows or forbids as it is documented, and never fails',
        ),
      },
      {
        what: 'Tickets issued and neither used nor expired',
        limit: `10 × ${OPTIONS.maxSessions.env}`,
        setting: 'maxSessions',
        hears: 'server.busy',
        test: test(
          'identity/tickets',
          'refuses more than the bound and has room again when tickets expire or are used',
        ),
      },
      {
        what: 'Age of a ticket; uses of it: one',
        ...configured('ticketLifetimeMs'),
        hears: 'ticket.invalid',
        test: test(
          'identity/tickets',
          'R12: refuses a ticket at and after its expiry and one that never was',
        ),
      },
    ],
  },
  {
    title: 'Messages',
    limits: [
      {
        what: 'Bytes before hello is accepted',
        limit: count(HELLO_BUDGET_BYTES, 'bytes'),
        hears: 'message.too_large',
        test: test('gateway/connection', 'R11: more than 4096 bytes'),
      },
      {
        what: 'Bytes of one image',
        ...configured('maxImageBytes'),
        hears: 'message.too_large',
        test: test('gateway/connection', 'R8: the largest image allowed is taken'),
      },
      {
        what: 'Bytes of a message beside the largest image; at twice the whole the transport cuts it off',
        limit: count(MESSAGE_OVERHEAD_BYTES, 'bytes'),
        hears: 'message.too_large',
        test: test(
          'gateway/connection',
          'R8: everything up to twice the limit is refused with message.too_large',
        ),
      },
      {
        what: 'Bytes of one image, whatever is configured',
        limit: count(IMAGE_BYTES_CEILING, 'bytes'),
        hears: 'message.invalid',
        test: test('protocol/codec', 'R7: a missing or wrong field makes a message invalid'),
      },
      {
        what: 'Keys of a message, those of nested maps included; arrays: none with elements; extensions: none',
        limit: count(MAX_KEYS),
        hears: 'message.malformed',
        test: test(
          'protocol/codec',
          'R6: arrays with elements, extensions, long strings and many keys are malformed even in unknown fields',
        ),
      },
      {
        what: 'Bytes of a string',
        limit: count(MAX_STRING_BYTES, 'bytes'),
        hears: 'message.malformed',
        test: test(
          'protocol/codec',
          'R6: arrays with elements, extensions, long strings and many keys are malformed even in unknown fields',
        ),
      },
      {
        what: 'Depth of a nested message: a level costs a key or an element',
        limit: count(MAX_KEYS),
        hears: 'message.malformed',
        test: test(
          'hostile/messages',
          'are decoded or refused with a documented code, however those of the corpus are mutated',
        ),
      },
      {
        what: "Characters of a camera's name",
        limit: count(CAMERA_LABEL_LENGTH),
        hears: 'message.invalid',
        test: test('hostile/messages', 'end as they should: $what'),
      },
      {
        what: `Pixels of a depth image, of sides from ${DEPTH_SIDES.min} to ${count(DEPTH_SIDES.max)}`,
        limit: count(DEPTH_PIXELS_CEILING, 'pixels'),
        hears: 'message.invalid',
        test: test('hostile/messages', 'end as they should: $what'),
      },
      {
        what: 'Messages a second, with a burst of one second',
        ...configured('maxFramesPerSecond'),
        hears: 'frame.rate',
        test: test('gateway/connection', 'R18: frames faster than announced end with frame.rate'),
      },
      {
        what: 'Frames on their way, as credit',
        limit: count(frameWindow),
        hears: 'frame.no_credit',
        test: test('session/frame-flow', 'R16 a frame without credit ends the session'),
      },
    ],
  },
  {
    title: 'Pictures',
    limits: [
      {
        what: 'Pixels, by the header, before any is decoded',
        ...configured('maxImagePixels'),
        hears: 'frame.too_many_pixels',
        test: test(
          'inference/image-decoder',
          'refuses a picture over the pixel limit by its header, before any pixel is decoded',
        ),
      },
      {
        what: 'Scans of a progressive JPEG',
        limit: count(MAX_SCANS),
        hears: 'frame.undecodable',
        test: test(
          'inference/image-decoder',
          'refuses a progressive JPEG with more scans than any encoder writes',
        ),
      },
      {
        what: 'Pictures in one file',
        limit: 'one',
        hears: 'frame.undecodable',
        test: test('inference/image-decoder', 'refuses an animated WebP'),
      },
      {
        what: 'Formats',
        limit: 'JPEG, WebP, PNG, by signature',
        hears: 'frame.undecodable',
        test: test('inference/image-decoder', 'refuses every other kind of bytes'),
      },
      {
        what: 'Metadata: whatever fits the bytes, never inflated',
        limit: 'none of it is read',
        hears: { words: 'nothing: the picture is taken without it' },
        test: test('hostile/pictures', 'carry what they like, and cost no memory for it'),
      },
      {
        what: 'Unreadable pictures of one session',
        limit: count(maxUndecodable),
        hears: 'frame.too_many_undecodable',
        test: test(
          'e2e/refusals',
          'R19: an unreadable picture is told and costs neither credit nor session; too many end it',
        ),
      },
      {
        what: 'Time of one frame on a worker, which is then replaced',
        ...configured('frameTimeoutMs'),
        hears: { words: 'nothing: the frame is lost' },
        test: test('inference/pool', 'replaces a worker that takes too long'),
      },
      {
        what: 'Workers that one session may lose',
        limit: count(maxLost),
        hears: 'server.internal',
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
        hears: { words: 'a decision, never accept for want of evidence' },
        test: test(
          'session/properties',
          'a wake-up lies never in the past, and a live session always has one',
        ),
      },
      {
        what: 'Challenges that may be skipped',
        limit: count(challenges?.maxSkips ?? 0),
        hears: 'skip.not_allowed',
        test: test('session/challenges', 'R25 draws another of equal strength, a limited number of times'),
      },
      {
        what: 'Failed verifications of a subject, those under way included, within the lock-out time',
        ...configured('lockOutFailures'),
        hears: 'subject.locked',
        test: test(
          'api/operations',
          'refuses to verify a subject that failed too often, open sessions counted, and says until when',
        ),
      },
      {
        what: 'References of a subject',
        limit: count(MAX_REFERENCES),
        hears: { words: 're-verify: the reference is not stored' },
        test: test('server/subjects', 'has no more references than a claim can be compared with fairly'),
      },
      {
        what: 'Pictures remembered against replay, 24 bytes each; the oldest are forgotten',
        ...configured('replayMemoryFrames'),
        hears: { words: 'nothing' },
        test: test(
          'evidence/injection-replay',
          'keeps at least half of what it may, forgets what is older, and stays as large as it is',
        ),
      },
      {
        what: 'Recordings of sessions; the oldest are removed',
        ...configured('maxRecordedSessions'),
        hears: { words: 'nothing' },
        test: test('server/recording', 'are kept in a folder of bounded size, for the operator alone'),
      },
    ],
  },
  {
    title: 'Live feeds',
    limits: [
      {
        what: 'Listeners: of a tenant’s sessions; of single sessions',
        limit: `${MOST_LISTENERS.service}; ${MOST_LISTENERS.session}`,
        hears: 'server.busy',
        test: test(
          'server/live-feed',
          'refuses more listeners than there may be, and takes others when they have left',
        ),
      },
      {
        what: 'Unread bytes above which a listener loses updates',
        limit: count(SLOW_BYTES, 'bytes'),
        hears: { words: 'the last state, later' },
        test: test(
          'server/live-feed',
          'R38: a listener that does not read loses updates but the last state, and delays nobody',
        ),
      },
      {
        what: 'Length of a feed',
        limit: count(LONGEST_FEED_MS, 'ms'),
        hears: { words: 'close 1000' },
        test: test(
          'server/live-feed',
          'R38: ends after fifteen minutes, and costs no timer while nobody listens',
        ),
      },
    ],
  },
];
