import { MAX_KEYS, MAX_STRING_BYTES, MESSAGE_OVERHEAD_BYTES } from '../../protocol/codec.ts';
import { CAMERA_LABEL_LENGTH } from '../../protocol/status.ts';
import { DEPTH_PIXELS_CEILING, DEPTH_SIDES } from '../../protocol/depth-image.ts';
import { IMAGE_BYTES_CEILING } from '../../protocol/upstream.ts';
import { MAX_ENTRIES_PER_PAGE } from '../../protocol/http/records.ts';
import { OPTIONS } from '../../server/config.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { HELLO_BUDGET_BYTES } from '../../server/gateway/connection.ts';
import { LEAST_BESIDE_WEBSOCKETS } from '../../server/gateway/descriptors.ts';
import { DEFAULT_GATEWAY_LIMITS } from '../../server/gateway/gateway.ts';
import { OPERATIONS } from '../../protocol/http/operations.ts';
import { MAX_BODY_BYTES } from '../../server/gateway/mount.ts';
import { MAX_IMPORTS } from '../../server/subjects/photos/photo-import.ts';
import { MAX_PIPELINED } from '../../server/gateway/transport-ws.ts';
import { configured, count, type LimitGroup, test } from './limit.ts';

const { maxUnsentBytes, requestTimeoutMs, maxHeaderBytes } = DEFAULT_GATEWAY_LIMITS;
const { frameWindow } = policyFor('standard');

/** Limits on sockets, requests and messages. */
export const LIMITS_OF_BYTES: readonly LimitGroup[] = [
  {
    title: 'Connections',
    limits: [
      {
        what: 'TCP connections open at a time: WebSockets, requests, and those that say nothing (uWS: some hundreds more; not on Windows)',
        limit: `2 × ${OPTIONS.maxConnections.env}, and at least ${LEAST_BESIDE_WEBSOCKETS} more than it; fewer where file descriptors are few, with a warning at start when not all WebSockets fit`,
        setting: 'maxConnections',
        response: { words: 'dropped (ws) or refused by the system (uWS)' },
        test: test(
          'gateway/room.contract',
          'beyond the bound are dropped, those inside are served, and there is room when they leave',
        ),
      },
      {
        what: 'WebSockets open at a time',
        ...configured('maxConnections'),
        response: 'server.busy',
        test: test(
          'hostile/connections',
          'beyond an address’s share, and beyond all shares, are refused, and have room again when others leave',
        ),
      },
      {
        what: 'WebSockets from one IPv4 address or one IPv6 /64',
        ...configured('maxConnectionsPerAddress'),
        response: 'server.busy',
        test: test(
          'hostile/connections',
          'beyond an address’s share, and beyond all shares, are refused, and have room again when others leave',
        ),
      },
      {
        what: 'Sessions open at a time, whatever the workers could do',
        ...configured('maxSessions'),
        response: 'server.busy',
        test: test(
          'sessions/registry',
          'R4: are no more than allowed, whatever the workers could do, and there is room when one ends',
        ),
      },
      {
        what: 'Sessions beyond what the workers were measured to serve',
        limit: 'measured while it runs',
        response: 'server.busy',
        test: test(
          'chaos/overload',
          'do not slow down those who were let in, hear when to come back, and are all decided rightly',
        ),
      },
      {
        what: 'Time from the upgrade to a valid hello, and, on ws, of half a message',
        ...configured('helloTimeoutMs'),
        response: 'hello.timeout',
        test: test(
          'hostile/connections',
          'that write a message byte by byte, or stop within one, hear hello.timeout, at both doors',
        ),
      },
      {
        what: 'Silence of a peer that answers no ping (uWS: from 8 s, four seconds more or less)',
        ...configured('idleTimeoutMs'),
        response: { words: 'cut off: 1006' },
        test: test(
          'hostile/requests.contract',
          'once upgraded, are cut off when they answer no ping, and kept when they do',
        ),
      },
      {
        what: 'Bytes waiting for a client that does not read',
        limit: count(maxUnsentBytes, 'bytes; twice that cuts it off'),
        response: 'client.slow',
        test: test('gateway/connection', 'R32: a client that does not read is ended with client.slow'),
      },
      {
        what: 'Origins that a browser may come from',
        limit: "the server's own, unless listed",
        setting: 'allowedOrigins',
        response: 'origin.refused',
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
        response: { words: 'cut off, on ws after `api.timeout`, HTTP 408' },
        test: test(
          'hostile/requests.contract',
          'that never end are cut off, whether they stand still or drip',
        ),
      },
      {
        what: 'Bytes of request line and headers (uWS: at most 4 KiB where they come in pieces)',
        limit: count(maxHeaderBytes, 'bytes'),
        response: { words: '`api.headers_too_large`, HTTP 431 (uWS beyond 16 KiB by itself, without JSON)' },
        test: test('gateway/transport.contract', 'refuses oversized headers and goes on serving'),
      },
      {
        what: 'Bytes of a body',
        limit: count(MAX_BODY_BYTES, 'bytes'),
        response: { words: '`api.too_large`, HTTP 413; up to 1 MiB more is read and dropped first' },
        test: test(
          'gateway/transport.contract',
          'takes a body up to the bound of its path and answers 413 beyond it',
        ),
      },
      {
        what: 'Bytes of a body with photographs, of a key that may import (of others nothing is kept)',
        limit: count(OPERATIONS.importPhotos.maxBodyBytes, 'bytes'),
        response: { words: 'HTTP 413' },
        test: test(
          'gateway/mounts.contract',
          'are not kept of a request that the mount does not admit, however long they are',
        ),
      },
      {
        what: 'Imports of photographs under way at a time',
        limit: count(MAX_IMPORTS),
        response: 'server.busy',
        test: test(
          'subjects/photo-import',
          'are refused while too many are under way, and taken again once those have ended',
        ),
      },
      {
        what: 'Answers that a connection has not read, before it asks again (uWS: the next request, once one is unread)',
        limit: count(MAX_PIPELINED, 'requests'),
        response: { words: 'cut off' },
        test: test(
          'hostile/unread-answers.contract',
          'is not asked on for: its answers do not pile up, and it is cut off',
        ),
      },
      {
        what: 'Ways to read a request: lengths, encodings, hosts',
        limit: 'one',
        response: { words: '`api.invalid`, HTTP 400 (ws) or cut off (uWS); nothing behind it is read' },
        test: test('hostile/requests.contract', 'is refused, and nothing behind it is answered'),
      },
      {
        what: 'Entries of a page of decisions or subjects',
        limit: count(MAX_ENTRIES_PER_PAGE),
        response: 'api.invalid',
        test: test('hostile/api', 'gives pages as long as they may be, and refuses longer ones'),
      },
      {
        what: 'Tickets issued and neither used nor expired',
        limit: `10 × ${OPTIONS.maxSessions.env}`,
        setting: 'maxSessions',
        response: 'server.busy',
        test: test(
          'identity/tickets',
          'refuses more than the bound and has room again when tickets expire or are used',
        ),
      },
      {
        what: 'Age of a ticket; uses of it: one',
        ...configured('ticketLifetimeMs'),
        response: 'ticket.invalid',
        test: test(
          'identity/tickets',
          'R12: refuses a ticket at and after its expiry, and one that was never issued',
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
        response: 'message.too_large',
        test: test('gateway/connection', 'R11: more than 4096 bytes'),
      },
      {
        what: 'Bytes of one image',
        ...configured('maxImageBytes'),
        response: 'message.too_large',
        test: test('gateway/connection', 'R19: an image over the limit'),
      },
      {
        what: 'Bytes of a message beside the largest image; at twice the whole the transport cuts it off',
        limit: count(MESSAGE_OVERHEAD_BYTES, 'bytes'),
        response: 'message.too_large',
        test: test('gateway/connection', 'R8: a message over the limit'),
      },
      {
        what: 'Bytes of one image, whatever is configured',
        limit: count(IMAGE_BYTES_CEILING, 'bytes'),
        response: 'message.invalid',
        test: test('protocol/codec', 'R7: a missing or wrong field makes a message invalid'),
      },
      {
        what: 'Keys of a message, those of nested maps included; arrays: none with elements; extensions: none',
        limit: count(MAX_KEYS),
        response: 'message.malformed',
        test: test(
          'protocol/codec',
          'R6: arrays with elements, extensions, long strings and many keys are malformed even in unknown fields',
        ),
      },
      {
        what: 'Bytes of a string',
        limit: count(MAX_STRING_BYTES, 'bytes'),
        response: 'message.malformed',
        test: test(
          'protocol/codec',
          'R6: arrays with elements, extensions, long strings and many keys are malformed even in unknown fields',
        ),
      },
      {
        what: 'Depth of a nested message: a level costs a key or an element',
        limit: count(MAX_KEYS),
        response: 'message.malformed',
        test: test('hostile/messages', 'end as they should: $what'),
      },
      {
        what: "Characters of a camera's name",
        limit: count(CAMERA_LABEL_LENGTH),
        response: 'message.invalid',
        test: test('hostile/messages', 'end as they should: $what'),
      },
      {
        what: `Pixels of a depth image, of sides from ${DEPTH_SIDES.min} to ${count(DEPTH_SIDES.max)}`,
        limit: count(DEPTH_PIXELS_CEILING, 'pixels'),
        response: 'message.invalid',
        test: test('hostile/messages', 'end as they should: $what'),
      },
      {
        what: 'Messages a second, with a burst of one second',
        ...configured('maxFramesPerSecond'),
        response: 'frame.rate',
        test: test('gateway/connection', 'R18: frames faster than announced end with frame.rate'),
      },
      {
        what: 'Frames on their way, as credit',
        limit: count(frameWindow),
        response: 'frame.no_credit',
        test: test('session/frame-flow', 'R16 a frame without credit ends the session'),
      },
    ],
  },
];
