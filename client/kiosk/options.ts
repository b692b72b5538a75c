import { z } from 'zod';
import { MODES, type Mode } from '@veriframe/protocol';
import { parseArguments } from './arguments.ts';
import { endpointsOf, type Endpoints } from './endpoints.ts';
import { refuseMisspelt } from './environment-names.ts';
import { KioskError } from './errors.ts';

/** The source of pictures that the command line names. */
type SourceName =
  /** A folder or a video file. `openSource` finds out which. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'camera'; readonly device: string | null }
  | { readonly kind: 'stdin' };

/** The program to run when a subject was accepted. */
export interface DoorCommand {
  readonly program: string;
  readonly arguments: readonly string[];
}

export interface RunOptions {
  readonly mode: Mode;
  readonly endpoints: Endpoints;
  readonly subject: string | null;
  readonly source: SourceName;
  readonly policy: string | null;
  /** Whom a token must be from; null: whoever signs with the server's keys. */
  readonly issuer: string | null;
  readonly apiKey: string | null;
  /** Ticket of a session that another program created. No API key is used then. */
  readonly ticket: string | null;
  /** File of the key that signs the pictures; null: they are not signed. */
  readonly keyFile: string | null;
  /** The session is asked for with the demand that every picture is signed. */
  readonly requireSigned: boolean;
  readonly json: boolean;
  /**
   * The rate of a folder, and the maximum rate of any other source. Null: `FOLDER_FRAMES_PER_SECOND` for a folder,
   * otherwise the source's own rate.
   */
  readonly framesPerSecond: number | null;
  /** Null: a folder loops, a video plays once. */
  readonly loop: boolean | null;
  readonly maxEdgePx: number;
  readonly timeoutMs: number;
  readonly onAccept: DoorCommand | null;
}

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'run'; readonly options: RunOptions };

/** Pictures a second from a folder, which has no frame rate. */
export const FOLDER_FRAMES_PER_SECOND = 10;
const DEFAULTS = { url: 'ws://localhost:8080', maxEdgePx: 640, timeoutS: 120 } as const;

export const USAGE = `Usage: veriframe enrol|verify|identify --source SRC [options]
       veriframe kiosk-key create|rotate|list|revoke   the key of this kiosk
       veriframe subjects list|show|label|suspend|...   whom a server knows
       veriframe import DIR|FILE.csv   enrols many people from photographs
       veriframe try [options]    without a camera: a drawn person shows how it
                                  works; in a clone of veriframe only

Proves who is in front of a camera, and that they are live.

SRC is a folder of pictures (${FOLDER_FRAMES_PER_SECOND} a second, over and over), a video file, camera,
camera:DEVICE (such as camera:/dev/video1), or - for MJPEG on standard input.
Videos and cameras need ffmpeg. Beside PICTURE.jpg may lie its depth image,
PICTURE.depth.png or PICTURE.depth-WxH.raw; in MJPEG a 16-bit PNG comes before.

  --source SRC          where the pictures come from
  --subject ID          whom to enrol or verify
  --url URL             the server (default VERIFRAME_URL, then
                        ${DEFAULTS.url})
  --policy NAME         what is asked for: standard, blink-only, passive, ...
  --api-key KEY         default VERIFRAME_API_KEY, else the development key in
                        ./data or VERIFRAME_DATA_DIR
  --issuer NAME         whom the token must be from (default VERIFRAME_ISSUER;
                        without either any issuer will do)
  --ticket TICKET       join a session that someone else created; needs no key
  --key-file FILE       sign the pictures with the key of this kiosk, made by
                        veriframe kiosk-key create
  --require-signed      accept only with every picture signed; needs --key-file
  --fps N               frames a second: the rate of a folder and of standard
                        input, the most of a video or camera
  --loop, --once        start over at the end, or stop there
                        (default: folders start over, videos stop)
  --max-edge PX         longest side of a picture sent (default ${DEFAULTS.maxEdgePx})
  --timeout S           give up after this many seconds (default ${DEFAULTS.timeoutS})
  --on-accept PROGRAM   run PROGRAM once the subject is accepted and the token
                        is checked; no shell. It finds the token in
                        VERIFRAME_TOKEN and the subject in VERIFRAME_SUBJECT
  --on-accept-arg ARG   an argument of that program; may be repeated
  --json                one JSON object a line
  --help, --version

Exit status: 0 accepted or enrolled, 1 rejected, 2 verify again, 3 error,
which includes a wrong command line, no connection, time-out and Ctrl-C.
`;

const OPTIONS = {
  url: { type: 'string' },
  subject: { type: 'string' },
  source: { type: 'string' },
  policy: { type: 'string' },
  issuer: { type: 'string' },
  'api-key': { type: 'string' },
  ticket: { type: 'string' },
  'key-file': { type: 'string' },
  'require-signed': { type: 'boolean' },
  json: { type: 'boolean' },
  fps: { type: 'string' },
  loop: { type: 'boolean' },
  once: { type: 'boolean' },
  'max-edge': { type: 'string' },
  timeout: { type: 'string' },
  'on-accept': { type: 'string' },
  'on-accept-arg': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/**
 * Reads the command line. It opens and looks up nothing.
 * @throws KioskError `usage.invalid`, with a sentence that says what to change
 */
export function readCommand(args: readonly string[], environment: NodeJS.ProcessEnv): Command {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  refuseMisspelt(environment);

  const [name, ...more] = positionals;
  const mode = MODES.find((known) => known === name);
  if (mode === undefined) throw usage(`Say what to do: ${MODES.join(', ')}.`);
  if (more.length > 0) throw usage(`There is one thing too many: ${more.join(' ')}.`);

  const ticket = text('ticket', values.ticket);
  const subject = text('subject', values.subject);
  if (mode === 'identify' && subject !== null)
    throw usage('identify finds the subject; leave --subject out.');
  if (mode !== 'identify' && subject === null && ticket === null) throw usage(`${mode} needs --subject ID.`);
  if (ticket !== null && (subject !== null || values.policy !== undefined || values['api-key'] !== undefined))
    throw usage('--ticket already stands for a subject, a policy and a key; leave those out.');

  const keyFile = text('key-file', values['key-file']);
  const requireSigned = values['require-signed'] === true;
  if (requireSigned && (keyFile === null || ticket !== null))
    throw usage(
      '--require-signed needs --key-file, and no --ticket: whoever made the ticket has demanded it or not.',
    );

  const source = sourceNamed(text('source', values.source));
  const loop = loopWanted(values.loop, values.once);
  if (loop === true && source.kind !== 'path') throw usage('Only a folder or a video file can --loop.');

  return {
    kind: 'run',
    options: {
      mode,
      endpoints: endpointsNamed(values.url, environment),
      subject,
      source,
      policy: text('policy', values.policy),
      issuer: text('issuer', values.issuer ?? (environment['VERIFRAME_ISSUER'] || undefined)),
      apiKey: text('api-key', values['api-key']),
      ticket,
      keyFile,
      requireSigned,
      json: values.json === true,
      framesPerSecond: numberIn('fps', values.fps, { above: 0, most: 240 }),
      loop,
      maxEdgePx: numberIn('max-edge', values['max-edge'], { above: 63, most: 8192 }) ?? DEFAULTS.maxEdgePx,
      timeoutMs:
        1000 * (numberIn('timeout', values.timeout, { above: 0, most: 86_400 }) ?? DEFAULTS.timeoutS),
      onAccept: doorNamed(text('on-accept', values['on-accept']), values['on-accept-arg']),
    },
  };
}

function text(option: string, value: string | undefined): string | null {
  if (value === '') throw usage(`--${option} is empty.`);
  return value ?? null;
}

function numberIn(
  option: string,
  value: string | undefined,
  { above, most }: { readonly above: number; readonly most: number },
): number | null {
  if (value === undefined) return null;
  const number = z.coerce
    .number()
    .gt(above)
    .max(most)
    .safeParse(value.trim() === '' ? Number.NaN : value);
  if (!number.success) throw usage(`--${option} must be a number above ${above} and at most ${most}.`);
  return number.data;
}

/**
 * The addresses of the server that `--url` names, or `VERIFRAME_URL`, or the one on this machine.
 * @throws KioskError `usage.invalid`
 */
export function endpointsNamed(given: string | undefined, environment: NodeJS.ProcessEnv): Endpoints {
  const url = given ?? environment['VERIFRAME_URL'] ?? DEFAULTS.url;
  try {
    return endpointsOf(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KioskError('usage.invalid', `--url ${url}: ${why}.`, { cause });
  }
}

function sourceNamed(source: string | null): SourceName {
  if (source === null) throw usage('--source SRC is missing: a folder, a video file, camera, or -.');
  if (source === '-') return { kind: 'stdin' };
  if (source === 'camera') return { kind: 'camera', device: null };
  if (source === 'camera:') throw usage('camera: needs a device, for example camera:/dev/video0.');
  if (source.startsWith('camera:')) return { kind: 'camera', device: source.slice('camera:'.length) };
  return { kind: 'path', path: source };
}

function loopWanted(loop: boolean | undefined, once: boolean | undefined): boolean | null {
  if (loop === true && once === true) throw usage('Choose one of --loop and --once.');
  if (loop === true) return true;
  return once === true ? false : null;
}

function doorNamed(program: string | null, args: readonly string[] | undefined): DoorCommand | null {
  if (program === null && args !== undefined) throw usage('--on-accept-arg needs --on-accept PROGRAM.');
  return program === null ? null : { program, arguments: args ?? [] };
}

function usage(detail: string): KioskError {
  return new KioskError('usage.invalid', detail);
}
