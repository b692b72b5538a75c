import { randomBytes } from 'node:crypto';
import type { Presenter as Display } from '../../client/kiosk/present/presenter.ts';
import type { Pace } from './pace.ts';
import { PARTS, TRIAL_POLICY, type Step } from './parts.ts';
import type { Cast, Presenter, RecordedFrame } from './people.ts';
import type { ServerOnTrial } from './server.ts';
import { runSession, type SessionPlan, type SessionResult } from './session.ts';

/** Begins the id of every subject that a trial makes. */
const SUBJECT_PREFIX = 'veriframe-try-';
const SUBJECT_BYTES = 16;
/**
 * A person may try again, and so may ada; an attack is tried again where the machine was too slow to judge it. Attempts
 * that fail count toward the subject's lock-out, which begins at ten unless it was set otherwise.
 */
const MOST_ATTEMPTS = 3;

/** To find what an earlier trial left: the shortest of the policies that identify. */
const SEARCH_POLICY = 'blink-only';

/** How a step ended. */
export type StepResult =
  | { readonly tried: false; readonly step: Step }
  | {
      readonly tried: true;
      readonly step: Step;
      readonly asExpected: boolean;
      readonly attempts: number;
      readonly session: SessionResult;
    };

/** Shows the trial to whoever started it. */
export interface TrialReport {
  part(number: number, heading: string): void;
  /** A display for the status lines of one session. */
  openDisplay(): Display;
  decided(session: SessionResult): void;
  note(text: string): void;
}

export interface TrialParts {
  readonly server: ServerOnTrial;
  readonly cast: Cast;
  readonly pace: Pace;
  readonly report: TrialReport;
  /** Ends the trial; the subject is erased all the same. */
  readonly signal: AbortSignal;
}

/**
 * Runs all parts and erases the subject, whatever ends the trial. A step that needs one that failed is not tried.
 * Rejects with the `KioskError` that ended a session without a decision, or kept the subject from being erased.
 */
export async function runTrial(parts: TrialParts): Promise<readonly StepResult[]> {
  const { server, report } = parts;
  const subject = SUBJECT_PREFIX + randomBytes(SUBJECT_BYTES).toString('base64url');
  const results = await runParts(subject, parts).catch(async (error: unknown) => {
    await server
      .erase(subject)
      .catch(() => report.note('The subject is not erased. The next trial erases it.'));
    throw error;
  });
  await server.erase(subject);
  return results;
}

async function runParts(subject: string, parts: TrialParts): Promise<readonly StepResult[]> {
  const { cast, pace, report } = parts;
  const results: StepResult[] = [];
  let recorded: readonly RecordedFrame[] = [];
  let goesOn = true;
  for (const [index, { heading, steps }] of PARTS.entries()) {
    if (goesOn) report.part(index + 1, heading);
    for (const step of steps) {
      if (!goesOn) {
        results.push({ tried: false, step });
        continue;
      }
      const result = await runStep(step, subject, parts, () =>
        step.presenter({ cast, recorded, nowMs: pace.nowMs() }),
      );
      results.push(result);
      if (step.expected === 'not accepted') continue;
      goesOn = result.asExpected;
      recorded = result.session.sent;
    }
  }
  return results;
}

async function runStep(
  step: Step,
  subject: string,
  parts: TrialParts,
  newPresenter: () => Presenter | Promise<Presenter>,
): Promise<Extract<StepResult, { tried: true }>> {
  const { mode, expected } = step;
  const plan = { mode, subject, policy: TRIAL_POLICY, shownAs: 'ada' };
  for (let attempts = 1; ; attempts++) {
    const session = await showSession(plan, await newPresenter(), parts);
    const accepted = session.outcome === 'accept';
    // What could not be judged shows nothing.
    const asExpected = expected === 'accepted' ? accepted : !accepted && session.slowness === null;
    const result = { tried: true, step, asExpected, attempts, session } as const;
    if (asExpected || accepted || attempts === MOST_ATTEMPTS) return result;
    if (mode === 'enrol' && mayBeDuplicate(session) && (await eraseLeftOver(parts)) === 'not ours')
      return result;
    parts.report.note('Another attempt.');
  }
}

async function showSession(
  plan: SessionPlan,
  presenter: Presenter,
  { server, pace, report, signal }: TrialParts,
): Promise<SessionResult> {
  const display = report.openDisplay();
  let session: SessionResult;
  try {
    session = await runSession(plan, presenter, { server, pace, display, signal });
  } finally {
    display.close();
  }
  report.decided(session);
  return session;
}

function mayBeDuplicate({ outcome, audit }: SessionResult): boolean {
  return outcome === 'reject' && (!audit.known || audit.reasons.includes('duplicate-subject'));
}

/**
 * A trial that was killed could not erase its subject, whose id nobody kept. No face can be enrolled as two subjects,
 * so that no trial could enrol her any more: ada is identified, and erased where a trial enrolled her.
 */
async function eraseLeftOver(parts: TrialParts): Promise<'erased' | 'nobody' | 'not ours'> {
  const { server, cast, report } = parts;
  report.note('Her face may be enrolled already, by a trial that was killed. She is identified to find out.');
  const plan = { mode: 'identify', subject: null, policy: SEARCH_POLICY, shownAs: null } as const;
  const { claims } = await showSession(plan, await cast.ada(), parts);
  const subject = claims?.subject ?? null;
  if (subject === null) return 'nobody';
  if (!subject.startsWith(SUBJECT_PREFIX)) {
    report.note('Somebody else enrolled her face. Erase that subject, or use a key of another tenant.');
    return 'not ours';
  }
  await server.erase(subject);
  report.note('What that trial left is erased.');
  return 'erased';
}
