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
  /** The subject in the token. Null without a verified token, or when the token names no subject. */
  readonly subject: string | null;
  /** Whether a token came and was verified. */
  readonly tokenChecked: boolean;
  /** The pictures came from a file or a folder; absent: they did not. */
  readonly fromFile?: boolean;
}

/** Shows a run. The calls come in order; `error` may come at any time. */
export interface Presenter {
  session(start: SessionStart): void;
  welcome(welcome: Welcome): void;
  status(status: Status): void;
  decision(decision: FinalDecision): void;
  /** `ends` says whether the error ends the run. */
  error(error: KioskError, ends: boolean): void;
  /** Releases the terminal. Afterwards only errors are shown. */
  close(): void;
}

/** Writes text to standard output or standard error, or to the list of a test. */
export type Write = (text: string) => void;

/** The line for standard error: a sentence for people, then the stable code for scripts. */
export function errorLine(error: KioskError): string {
  return `veriframe: ${error.message} (${error.code})\n`;
}
