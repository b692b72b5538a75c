import type { ErrorCode } from '../../protocol/errors.ts';
import { OPTIONS } from '../../server/config.ts';

export interface Limit {
  /** The limited quantity. */
  readonly what: string;
  readonly limit: string;
  /** The setting that changes the limit; absent where the code or the protocol fixes it. */
  readonly setting?: keyof typeof OPTIONS;
  /** What the sender receives: an error code, or words where there is no code. */
  readonly response: ErrorCode | { readonly words: string };
  /** The test that shows the limit. */
  readonly test: { readonly file: string; readonly title: string };
}

export interface LimitGroup {
  readonly title: string;
  readonly limits: readonly Limit[];
}

/** A whole number with thousands separators and its unit. */
export const count = (value: number, unit = '') =>
  `${value.toLocaleString('en').replaceAll(',', ' ')}${unit && ` ${unit}`}`;

/** The default of a setting with its unit, and the setting. */
export function configured(setting: keyof typeof OPTIONS): Pick<Limit, 'limit' | 'setting'> {
  const { default: value, unit } = OPTIONS[setting];
  return { limit: typeof value === 'number' ? count(value, unit) : value, setting };
}

/** @param file below `test/`, without `.test.ts` */
export const test = (file: string, title: string) => ({ file: `test/${file}.test.ts`, title });
