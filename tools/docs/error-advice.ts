import type { FaceSessionErrorCode } from '../../client/browser/sdk/errors.ts';
import type { KIOSK_ERRORS } from '../../client/kiosk/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { StoreErrorCode } from '../../server/store/errors.ts';
import type { Advice } from './table.ts';

/* The compiler refuses a code without words. */

/** What causes each code of the protocol, and what helps. */
export const ERROR_ADVICE: Readonly<Record<ErrorCode, Advice>> = {
  'message.malformed': {
    means:
      'The client sent bytes that are not one MessagePack map, or a map beyond the limits. The message says which rule is broken.',
    todo: 'Fix the client: binary messages, string keys, no arrays, no extensions (SPEC R5, R6).',
  },
  'message.text': {
    means: 'The client sent a text message.',
    todo: 'Fix the client: send binary WebSocket messages.',
  },
  'message.unknown_type': {
    means: 'The client sent a `type` that this version does not know.',
    todo: 'Use a client of the same protocol version.',
  },
  'message.invalid': {
    means: 'A field of a message is missing or out of range. The message names the field.',
    todo: 'Fix the client: compare with the tables of SPEC section 16.',
  },
  'message.too_large': {
    means: 'An image or a message is larger than `welcome` announced.',
    todo: 'Send smaller pictures, or raise `VERIFRAME_MAX_IMAGE_BYTES`.',
  },
  'hello.expected': {
    means: 'The first message was not `hello`.',
    todo: 'Fix the client: send `hello` with the ticket first.',
  },
  'hello.timeout': {
    means: 'No `hello` came in time after the socket opened.',
    todo: 'Fetch the ticket before you open the socket. Slow networks: raise `VERIFRAME_HELLO_TIMEOUT_MS`.',
  },
  'hello.repeated': { means: 'The client sent `hello` twice.', todo: 'Fix the client.' },
  'frame.out_of_order': {
    means: 'A frame has a `seq` that is not above the one before.',
    todo: 'Fix the client: count frames up, in the order in which they are sent.',
  },
  'frame.no_credit': {
    means: 'The client sent a frame before the server gave credit for it.',
    todo: 'Fix the client: keep the newest picture and send it when credit comes (SPEC R16, R17).',
  },
  'frame.rate': {
    means: 'The client sends more messages a second than announced.',
    todo: 'Send fewer frames (`--fps`), or raise `VERIFRAME_MAX_FRAMES_PER_SECOND`.',
  },
  'frame.undecodable': {
    means: 'One image is no readable JPEG, WebP or PNG. The session goes on.',
    todo: 'Read the message: it names a format that is known. Check the encoder. A picture in which data is missing is refused, and so are animated pictures, those progressive with many scans, and other formats.',
  },
  'frame.too_many_pixels': {
    means: 'An image has more pixels than announced.',
    todo: 'Scale pictures down (640 × 480 is enough), or raise `VERIFRAME_MAX_IMAGE_PIXELS`.',
  },
  'frame.too_many_undecodable': {
    means: 'Too many images in a row could not be read, and none before them, or none for ten seconds.',
    todo: 'Check the encoder and the camera.',
  },
  'frame.signature': {
    means:
      'A signature of the kiosk does not fit the frames that arrived: one was changed, left out or put in.',
    todo: 'Look at what lies between the kiosk and the server. A client of your own: compare with SPEC section 14.',
  },
  'skip.not_allowed': {
    means: 'There is nothing to skip, or no skip is left. The session goes on.',
    todo: 'Offer the skip only where `challenge.skippable` is true.',
  },
  'session.decided': {
    means: 'An attestation came after the decision. A late message of a stream is ignored.',
    todo: 'Attest before the client streams.',
  },
  'ticket.invalid': {
    means: 'The ticket is unknown, older than its lifetime, used already, or for the other socket.',
    todo: 'Create a new session and use its ticket at once. Several servers: the ticket is good at the one that made it.',
  },
  'origin.refused': {
    means: 'A page of another origin opened the socket.',
    todo: "Add the page's origin to `VERIFRAME_ALLOWED_ORIGINS`. Behind a proxy: pass the `Host` header on.",
  },
  'subprotocol.required': {
    means: 'The upgrade did not ask for the subprotocol `veriframe.v1`.',
    todo: 'Fix the client. Behind a proxy: pass `Sec-WebSocket-Protocol` on.',
  },
  'upgrade.required': {
    means: 'A plain HTTP request, or another version of WebSocket, came to the address of a stream.',
    todo: 'Open it as a WebSocket. Behind a proxy: HTTP/1.1 with `Upgrade` and `Connection` passed on.',
  },
  'server.busy': {
    means: 'All places are taken: sessions, sockets of this address, or unused tickets.',
    todo: 'Ask again after `Retry-After`. Operator: more cores, or the limits in docs/limits.md.',
  },
  'server.draining': {
    means: 'The server was told to stop and lets open sessions finish.',
    todo: 'Ask again after `Retry-After`; another node or the next start serves it.',
  },
  'server.not_ready': {
    means: 'No worker is up, or the store does not answer or has no room. Only `/readyz` says so.',
    todo: 'Look at the log at that time, and at the free room of the data folder.',
  },
  'server.internal': {
    means: 'The server failed: the store did not answer, or a session lost too many workers.',
    todo: 'Look at the log at that time. Then try again.',
  },
  'client.slow': {
    means: 'The client does not read what the server sends.',
    todo: 'Read the socket all the time, also while frames are encoded.',
  },
  'client.idle': {
    means: 'Reserved: this version cuts silent peers off (close code 1006) and does not send the code.',
    todo: 'Answer pings.',
  },
  'api.unauthorized': {
    means: 'The request has no API key, or one that the server does not know.',
    todo: 'Send `Authorization: Bearer vf_…`. After a change of the key file: restart the server.',
  },
  'api.not_granted': {
    means: 'The API key lacks a right: `mayObserve`, `mayVouch`, `mayManage` or `mayImport`.',
    todo: 'Use a key that has it. Do not give it to keys that only check faces.',
  },
  'api.not_found': {
    means: 'There is no such address or session. Sessions of other tenants look the same.',
    todo: 'Check the path. A restart forgets sessions; their outcome is in `GET /v1/decisions`.',
  },
  'api.method': {
    means: 'The address exists, but not for this method.',
    todo: 'See the table of operations in docs/http-api.md.',
  },
  'api.invalid': {
    means: 'The request does not fit its schema. The message names the field or the parameter.',
    todo: 'Compare with `/v1/openapi.json`.',
  },
  'api.too_large': {
    means: 'The body of a request is longer than 16 KiB, which no operation needs.',
    todo: 'Send what the operation names, and nothing else.',
  },
  'api.headers_too_large': {
    means: 'The request line and the headers have more than 8 KiB.',
    todo: 'Send fewer cookies: the service needs none. Put nothing long into the URL.',
  },
  'api.timeout': {
    means: 'A request began and did not arrive whole within ten seconds.',
    todo: 'Check the network between client and server, and send again.',
  },
  'policy.unknown': {
    means: 'There is no policy of that name.',
    todo: 'See `policies` of `GET /v1/system`.',
  },
  'policy.not_granted': {
    means: 'The policy asks for no liveness, and the API key has no right to vouch (`mayAttend`).',
    todo: 'Use another policy, or a key of the operator who sees the person.',
  },
  'policy.mode': {
    means: 'The policy does not serve this mode: `attended` enrols only.',
    todo: 'Use another policy.',
  },
  'policy.models': {
    means:
      'The policy relies on networks of the full tier (`passive`: PAD), and this server has the base tier.',
    todo: 'Use another policy, or run `npm run models` with a network connection, and restart.',
  },
  'subject.unknown': {
    means: 'The subject has no reference.',
    todo: 'Enrol the subject. To keep it secret who is enrolled: `concealUnknown`.',
  },
  'subject.busy': {
    means:
      'The erasure of the subject began and is not finished. A backup that reads the database is the usual cause.',
    todo: 'Repeat the request until it answers 200 or 404.',
  },
  'subject.suspended': {
    means: 'An operator has suspended the subject. Its references are kept, and nobody is accepted by them.',
    todo: 'Ask who runs the service; `npx veriframe subjects resume ID` ends it.',
  },
  'subject.last_reference': {
    means: 'The subject would have no reference left.',
    todo: 'Erase the subject (`DELETE /v1/subjects/{id}`), or enrol a better reference first.',
  },
  'subject.locked': {
    means: 'Too many verifications of the subject were not accepted within the lock-out time.',
    todo: 'Wait as long as `Retry-After` says, or use another way in. See `VERIFRAME_LOCK_OUT_FAILURES`.',
  },
};

/** What helps against the codes that the browser SDK adds. */
export const BROWSER_ADVICE: Readonly<Record<Exclude<FaceSessionErrorCode, ErrorCode>, string>> = {
  'camera.unsupported': 'Serve the page over HTTPS, in a browser of 2023 or later.',
  'camera.denied':
    'The person allows the camera in the address bar or the system settings. In a frame: `allow="camera"`.',
  'camera.not_found': 'Connect a camera.',
  'camera.in_use': 'Close other programs and tabs that use the camera.',
  'camera.lost': 'Check the cable. Phones stop the camera of a page in the background.',
  'capture.failed': 'Try again, or use another browser.',
  'ticket.failed': 'Look at your own backend: the request for a ticket failed.',
  'connection.refused':
    'Check the address, `VERIFRAME_ALLOWED_ORIGINS`, TLS, and `connect-src` of the content security policy.',
  'connection.offline': 'Connect the device to the network.',
  'connection.lost': "Try again. Often: check the proxy's time-outs for WebSockets.",
  'connection.timeout': 'Check the load of the server and the network.',
  'connection.incompatible': 'Reload the page: it holds an older or newer SDK than the server.',
};

/** What helps against the codes that the kiosk adds. */
export const KIOSK_ADVICE: Readonly<Record<keyof typeof KIOSK_ERRORS, string>> = {
  'usage.invalid': '`veriframe --help` lists all options.',
  'source.not_found': 'Check the path or the device (`ls /dev/video*`).',
  'source.empty': 'Put pictures into the folder, or check the video with `ffprobe`.',
  'source.unreadable': 'Remove or convert the picture that the message names.',
  'source.too_large': 'Lower `--max-edge`.',
  'source.ffmpeg_missing': 'Install ffmpeg, or use a folder of pictures or MJPEG on standard input.',
  'source.ffmpeg_failed':
    "Read ffmpeg's own words in the message. Cameras: the user needs the group `video`.",
  'api_key.missing': 'Give `--api-key`, `VERIFRAME_API_KEY`, or start in the folder that holds `data/`.',
  'api.unexpected': 'Check that `--url` is a veriframe server of this version and no proxy answers for it.',
  'connection.refused': 'Check `--url`, that the server runs, and TLS (`wss://`).',
  'connection.lost': 'Try again. Look at the log of the server at that time.',
  'connection.incompatible': 'Use kiosk and server of the same version.',
  'session.mode': 'Use the command (`enrol`, `verify`, `identify`) that the ticket was made for.',
  'token.missing': 'Do not open the door. Check which server answers.',
  'token.invalid':
    'Do not open the door. Check the clock of the kiosk, and that `--url` is the server itself.',
  'key.unreadable':
    'Check `--key-file`: it is what `veriframe kiosk-key create` wrote, readable by this user.',
  'key.unwritable': 'Name a file that is not there yet, in a folder of this user.',
  'key.refused': 'Enrol it: `veriframe kiosk-key list` shows which keys the server knows.',
  'door.failed': 'Run the program of `--on-accept` by hand; it must end with 0 within 30 s.',
  'client.timeout': 'Raise `--timeout`, or check that the source shows a face.',
  'client.cancelled': 'Nothing: Ctrl-C or SIGTERM ended it.',
  'client.internal': 'Report it with the words of the message.',
};

/** What helps where the store fails. */
export const STORE_ADVICE: Readonly<Record<StoreErrorCode, string>> = {
  'store.unavailable':
    'Check that the data folder exists, is writable for the user of the server, and is on a mounted disk.',
  'store.corrupt': 'Stop the server, keep the folder, and restore a backup.',
  'store.key_mismatch': 'Give the master key that this database was made with. A new key cannot open it.',
  'store.busy': 'Stop what holds the database locked: a long backup, another program.',
  'store.full': 'Free space on the disk.',
  'store.newer_schema':
    'Run the newer version again, or restore the backup that was made before the upgrade.',
  'store.invalid':
    'The message says what: most often a master key that is not 32 bytes in base64. Make one with `openssl rand -base64 32`.',
};
