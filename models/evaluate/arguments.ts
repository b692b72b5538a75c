import { parseArgs, type ParseArgsConfig } from 'node:util';
import { EvaluateError } from './evaluate-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads a command's `--name value` arguments.
 * @throws EvaluateError for an argument that is not in `options`
 */
export function readArguments<O extends Options>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new EvaluateError(error instanceof Error ? error.message : 'The arguments cannot be read.');
  }
}

/**
 * Reads a whole number of at least `least`; returns `fallback` where the argument is absent.
 * @throws EvaluateError where the argument is not such a number
 */
export function wholeNumber(
  name: string,
  value: string | undefined,
  least: number,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < least)
    throw new EvaluateError(`--${name} takes a whole number from ${least} on.`);
  return number;
}

/**
 * Returns the choice that `value` names.
 * @throws EvaluateError where it names none of them
 */
export function oneOf<Choice extends string>(
  name: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) throw new EvaluateError(`--${name} takes one of ${choices.join(', ')}.`);
  return chosen;
}
