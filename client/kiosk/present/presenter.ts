import type { Decision, Status, Welcome, Mode } from '@veriframe/protocol';
import type { KioskError } from '../errors.ts';

export interface SessionStart {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly subject: string | null;
  readonly policy: string | null;
}

export interface FinalDecision extends Decision {
  readonly mode: Mode;
  /** Whom the token names; null when there is no checked token or it names nobody. */
  readonly subject: string | null;
  /** Whether a token came and checked out. */
  readonly tokenChecked: boolean;
}

/** Shows a run to someone. Calls come in order; `error` may come at any time. */
export interface Presenter {
  session(start: SessionStart): void;
  welcome(welcome: Welcome): void;
  status(status: Status): void;
  decision(decision: FinalDecision): void;
  /** `ends` tells whether the run ends with it. */
  error(error: KioskError, ends: boolean): void;
  /** Gives the terminal back. Nothing is shown afterwards but an error. */
  close(): void;
}

/** Where text goes: standard output and standard error, or a test's list. */
export type Write = (text: string) => void;

/** The line for standard error, for people and scripts alike: a sentence, then the stable code. */
export function errorLine(error: KioskError): string {
  return `veriframe: ${error.message} (${error.code})\n`;
}
