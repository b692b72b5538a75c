import { describe, expect, it } from 'vitest';
import { errorEntry, KIOSK_ERRORS, KioskError, type KioskErrorCode } from '../../client/kiosk/errors.ts';
import { jsonPresenter } from '../../client/kiosk/present/json.ts';
import { linesPresenter } from '../../client/kiosk/present/lines.ts';
import { guidance } from '../../protocol/words/en.ts';
import { errorLine, type FinalDecision, type Presenter } from '../../client/kiosk/present/presenter.ts';
import { SteadyText } from '../../client/kiosk/present/steady.ts';
import { statusBlock } from '../../client/kiosk/present/terminal.ts';
import { instructionWords, outcomeWords, PHASE_WORDS, titleWords } from '../../client/kiosk/present/words.ts';
import { ERRORS, isErrorCode } from '../../protocol/errors.ts';
import type { Status } from '../../protocol/downstream.ts';
import { CHALLENGE_KINDS, HINTS, MODES, OUTCOMES, PHASES } from '../../protocol/status.ts';

const challenge = { kind: 'turn-left', number: 2, of: 3, remainingMs: 4_200, skippable: true } as const;

const isKioskErrorCode = (code: string): code is KioskErrorCode =>
  isErrorCode(code) || Object.hasOwn(KIOSK_ERRORS, code);

describe('words', () => {
  const instructions = [
    ...PHASES.map((phase) => PHASE_WORDS[phase]),
    ...HINTS.map((hint) => guidance.hint[hint]),
    ...CHALLENGE_KINDS.map((kind) => guidance.challenge[kind]),
  ];

  it('cover every phase, hint and challenge, with a short and distinct text each', () => {
    expect(instructions).toHaveLength(PHASES.length + HINTS.length + CHALLENGE_KINDS.length);
    for (const words of instructions) expect(words).toMatch(/^[A-Z][a-z' ]{3,30}$/);
    expect(new Set(instructions).size).toBe(instructions.length);
    for (const words of instructions) expect(words.split(' ').length).toBeLessThanOrEqual(5);
  });

  it('cover every outcome in every mode, and say what to do next after any but accept', () => {
    for (const mode of MODES)
      for (const outcome of OUTCOMES)
        for (const retry of ['never', 'now', 'backoff'] as const) {
          const words = outcomeWords(mode, outcome, retry);
          expect(words).not.toMatch(/undefined|!|\d|fail/i);
          expect(words.endsWith('.')).toBe(outcome !== 'accept');
        }
    expect(outcomeWords('verify', 'reject', 'never')).toBe(
      "We could not confirm it's you. Please use another way in.",
    );
  });

  it('do not ask for another try with a file that was refused', () => {
    expect(outcomeWords('verify', 'reject', 'backoff', undefined, true)).toBe(
      "We could not confirm it's you. A file that was shown before is refused each time: show a new one, or use a camera.",
    );
    expect(outcomeWords('verify', 're-verify', 'now', undefined, true)).toContain('try again now');
    expect(outcomeWords('verify', 'accept', 'never', undefined, true)).toBe("It's you");
  });

  it('say what was too slow, and do not blame the person', () => {
    expect(outcomeWords('verify', 're-verify', 'now', 'connection')).toBe(
      'The connection was too slow. You can try again now.',
    );
    expect(outcomeWords('enrol', 're-verify', 'backoff', 'service')).toBe(
      'The service was too slow. Please try again in a moment.',
    );
    let out = '';
    const presenter = linesPresenter(
      (text) => (out += text),
      () => {},
    );
    presenter.decision({
      ...decided,
      outcome: 're-verify',
      retry: 'now',
      cause: 'connection',
      subject: null,
    });
    expect(out).toBe('The connection was too slow. You can try again now.\nOutcome re-verify\n');
  });

  it("cover every error code, ours and the server's, with the code in the line", () => {
    const codes = [...Object.keys(KIOSK_ERRORS), ...Object.keys(ERRORS)].filter(isKioskErrorCode);
    expect(codes).toHaveLength(Object.keys(KIOSK_ERRORS).length + Object.keys(ERRORS).length);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      expect(errorEntry(code).message).toMatch(/^[A-Z].*\.$/);
      expect(errorLine(new KioskError(code))).toContain(`(${code})\n`);
    }
  });

  it('show a hint before the challenge, and the challenge before the hint do-challenge', () => {
    expect(instructionWords({ phase: 'challenging', challenge })).toBe('Turn left');
    expect(instructionWords({ phase: 'challenging', challenge, hint: 'do-challenge' })).toBe('Turn left');
    expect(instructionWords({ phase: 'challenging', challenge, hint: 'no-face' })).toBe('Step into view');
    expect(instructionWords({ phase: 'matching' })).toBe('Almost done');
    expect(titleWords('verify', 'anna')).toBe('Verify anna');
  });
});

const decided: FinalDecision = {
  type: 'decision',
  mode: 'identify',
  outcome: 'accept',
  retry: 'never',
  token: 'a.b.c',
  subject: 'anna',
  tokenChecked: true,
};

function present(presenter: Presenter): void {
  presenter.session({ sessionId: 's1', mode: 'identify', subject: null, policy: null });
  presenter.status({ type: 'status', phase: 'positioning', hint: 'no-face', progress: 0 });
  presenter.status({ type: 'status', phase: 'positioning', hint: 'no-face', progress: 0.2 });
  presenter.status({ type: 'status', phase: 'challenging', hint: 'do-challenge', progress: 0.5, challenge });
  presenter.status({
    type: 'status',
    phase: 'challenging',
    progress: 0.6,
    challenge: { ...challenge, remainingMs: 900 },
  });
  presenter.error(new KioskError('frame.undecodable'), false);
  presenter.decision(decided);
  presenter.error(new KioskError('door.failed'), true);
  presenter.close();
}

describe('jsonPresenter', () => {
  it('prints one object a line, each with its event, and ends with the error on standard error too', () => {
    let out = '';
    let err = '';
    present(
      jsonPresenter(
        (text) => (out += text),
        (text) => (err += text),
      ),
    );
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.map(({ event }) => event)).toEqual([
      'session',
      'status',
      'status',
      'status',
      'status',
      'error',
      'decision',
      'error',
    ]);
    expect(lines[6]).toEqual({
      event: 'decision',
      mode: 'identify',
      outcome: 'accept',
      retry: 'never',
      token: 'a.b.c',
      subject: 'anna',
      tokenChecked: true,
    });
    expect(lines[5]).toMatchObject({ code: 'frame.undecodable', ends: false });
    expect(err).toContain('(door.failed)');
    expect(err).not.toContain('frame.undecodable');
  });
});

describe('linesPresenter', () => {
  it('prints a line for each change of the instruction', () => {
    let out = '';
    present(
      linesPresenter(
        (text) => (out += text),
        () => {},
      ),
    );
    expect(out.trimEnd().split('\n')).toEqual([
      'Identify (session s1)',
      'Step into view',
      'Turn left (2 of 3)',
      'We know you',
      'Subject anna',
      'Outcome accept',
    ]);
  });
});

const plain = (_: string, text: string) => text;
const hint = (name: 'too-dark' | 'hold-still'): Status => ({
  type: 'status',
  phase: 'positioning',
  hint: name,
  progress: 0,
});

describe('the terminal block', () => {
  const at = (status: Status, nowMs: number, steady = new SteadyText()) =>
    statusBlock('Verify anna', { status, atMs: 1_000 }, steady, nowMs, plain);

  it('lights ticks with progress, and never shows progress as a number', () => {
    const lit = (progress: number) =>
      at({ type: 'status', phase: 'positioning', progress }, 1_000).split('┃').length - 1;
    expect([0, 0.5, 1].map(lit)).toEqual([0, 18, 36]);
    expect(at({ type: 'status', phase: 'positioning', progress: 0.37 }, 1_000)).not.toMatch(/\d/);
  });

  it('counts the seconds of a challenge down between two statuses', () => {
    const status: Status = { type: 'status', phase: 'challenging', progress: 0, challenge };
    expect(at(status, 1_000)).toContain('Turn left  2 of 3 · 5 s');
    expect(at(status, 3_000)).toContain('· 3 s');
    expect(at(status, 60_000)).toContain('· 0 s');
  });

  it('holds a hint for 900 ms, but shows a challenge at once', () => {
    const steady = new SteadyText();
    expect(at(hint('too-dark'), 1_000, steady)).toContain('More light on your face');
    expect(at(hint('hold-still'), 1_800, steady)).toContain('More light on your face');
    expect(at(hint('hold-still'), 1_900, steady)).toContain('Hold still');
    expect(at({ type: 'status', phase: 'challenging', progress: 0, challenge }, 1_950, steady)).toContain(
      'Turn left',
    );
  });
});
