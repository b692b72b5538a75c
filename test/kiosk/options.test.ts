import { describe, expect, it } from 'vitest';
import { endpointsOf } from '../../client/kiosk/endpoints.ts';
import { readCommand, USAGE, type RunOptions } from '../../client/kiosk/options.ts';

function optionsOf(line: string, environment: NodeJS.ProcessEnv = {}): RunOptions {
  const command = readCommand(line.split(' '), environment);
  if (command.kind !== 'run') throw new TypeError(`this is ${command.kind}`);
  return command.options;
}

describe('readCommand', () => {
  it('needs only a mode, a subject and a source', () => {
    expect(optionsOf('verify --subject anna --source faces')).toMatchObject({
      mode: 'verify',
      subject: 'anna',
      source: { kind: 'path', path: 'faces' },
      policy: null,
      issuer: null,
      apiKey: null,
      ticket: null,
      json: false,
      framesPerSecond: null,
      loop: null,
      maxEdgePx: 640,
      timeoutMs: 120_000,
      onAccept: null,
      endpoints: { stream: new URL('ws://localhost:8080/v1/stream') },
    });
  });

  it('accepts every option', () => {
    const line =
      'enrol --url wss://face.example/v --subject=a --source camera:/dev/video1 --policy blink-only --api-key k --fps 12.5 --once --max-edge 320 --timeout 1.5 --json --on-accept ./open --on-accept-arg=-x --on-accept-arg front';
    expect(optionsOf(line)).toMatchObject({
      mode: 'enrol',
      source: { kind: 'camera', device: '/dev/video1' },
      policy: 'blink-only',
      apiKey: 'k',
      framesPerSecond: 12.5,
      loop: false,
      maxEdgePx: 320,
      timeoutMs: 1_500,
      json: true,
      onAccept: { program: './open', arguments: ['-x', 'front'] },
    });
  });

  it.each([
    ['-', { kind: 'stdin' }],
    ['camera', { kind: 'camera', device: null }],
    ['camera:0', { kind: 'camera', device: '0' }],
    ['./camera', { kind: 'path', path: './camera' }],
  ])('reads the source %s', (source, expected) => {
    expect(optionsOf(`identify --source ${source}`).source).toEqual(expected);
  });

  it('takes the server from the environment unless it is given', () => {
    const environment = { VERIFRAME_URL: 'ws://elsewhere:1' };
    expect(optionsOf('identify --source x', environment).endpoints.stream.host).toBe('elsewhere:1');
    expect(optionsOf('identify --source x --url ws://here:2', environment).endpoints.stream.host).toBe(
      'here:2',
    );
  });

  it.each([
    'VERIFRAME_ISSUR',
    'VERIFRAME_ISSEUR',
    'VERIFRAME_API_KEYS',
    'VERIFRAME_UTL',
    'veriframe_url',
  ])('refuses %s in the environment, and names what was meant', (name) => {
    expect(() => optionsOf('identify --source x', { [name]: 'x' })).toThrow(/did you mean VERIFRAME_\w+\?/);
  });

  it('leaves the variables of a server beside it alone', () => {
    const environment = {
      VERIFRAME_DATA: 'x',
      VERIFRAME_API_KEYS_FILE: 'x',
      VERIFRAME_WORKERS: '1',
      PATH: '/bin',
    };
    expect(optionsOf('identify --source x', environment).mode).toBe('identify');
  });

  it('takes the issuer from the environment unless it is given', () => {
    const environment = { VERIFRAME_ISSUER: 'faces' };
    expect(optionsOf('identify --source x', environment).issuer).toBe('faces');
    expect(optionsOf('identify --source x', { VERIFRAME_ISSUER: '' }).issuer).toBeNull();
    expect(optionsOf('identify --source x --issuer mine', environment).issuer).toBe('mine');
  });

  it.each([
    ['', /enrol, verify, identify/],
    ['login --source x', /enrol, verify, identify/],
    ['verify more --subject a --source x', /too many: more/],
    ['verify --source x', /verify needs --subject/],
    ['enrol --source x', /enrol needs --subject/],
    ['identify --subject a --source x', /leave --subject out/],
    ['verify --subject a', /--source SRC is missing/],
    ['verify --subject= --source x', /--subject is empty/],
    ['identify --source camera:', /needs a device/],
    ['identify --source x --fps 0', /--fps must be/],
    ['identify --source x --fps fast', /--fps must be/],
    ['identify --source x --fps=', /--fps must be/],
    ['identify --source x --max-edge 10', /--max-edge must be/],
    ['identify --source x --timeout -1', /--timeout/],
    ['identify --source x --loop --once', /one of --loop and --once/],
    ['identify --source - --loop', /can --loop/],
    ['identify --source camera --loop', /can --loop/],
    ['identify --source x --url localhost:8080', /--url localhost:8080/],
    ['identify --source x --url ftp://host', /ws:\/\//],
    ['identify --source x --url ws://user:secret@host', /user name/],
    ['identify --source x --ticket t --api-key k', /--ticket already/],
    ['verify --source x --ticket t --subject a', /--ticket already/],
    ['identify --source x --on-accept-arg a', /needs --on-accept/],
    ['identify --source x --colour red', /--colour/],
  ])('refuses "%s" and says what to change', (line, sentence) => {
    const reading = () => readCommand(line === '' ? [] : line.split(' '), {});
    expect(reading).toThrow(sentence);
    expect(reading).toThrow(expect.objectContaining({ code: 'usage.invalid' }));
  });

  it('joins a session by its ticket alone', () => {
    expect(optionsOf('verify --source x --ticket abc')).toMatchObject({ ticket: 'abc', subject: null });
  });

  it('gives help and version even when other options are wrong', () => {
    expect(readCommand(['--help'], {})).toEqual({ kind: 'help' });
    expect(readCommand(['verify', '-h'], {})).toEqual({ kind: 'help' });
    expect(readCommand(['--version'], {})).toEqual({ kind: 'version' });
  });

  it('documents each option, in lines that fit a terminal', () => {
    for (const option of 'url subject source policy api-key ticket json fps loop once max-edge timeout on-accept on-accept-arg help version'.split(
      ' ',
    ))
      expect(USAGE).toContain(`--${option}`);
    for (const line of USAGE.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('endpointsOf', () => {
  it.each([
    ['ws://localhost:8080', 'http://localhost:8080/', 'ws://localhost:8080/v1/stream'],
    ['wss://face.example/', 'https://face.example/', 'wss://face.example/v1/stream'],
    ['https://example.org/face/', 'https://example.org/face/', 'wss://example.org/face/v1/stream'],
    ['http://[::1]:9', 'http://[::1]:9/', 'ws://[::1]:9/v1/stream'],
  ])('derives all addresses from %s', (address, base, stream) => {
    const endpoints = endpointsOf(address);
    expect(endpoints.base.href).toBe(base);
    expect(endpoints.stream.href).toBe(stream);
    expect(endpoints.jwks.href).toBe(`${base}.well-known/jwks.json`);
  });
});
