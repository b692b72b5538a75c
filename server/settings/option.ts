export type Value = string | number;

export interface Option<T extends Value = Value> {
  readonly type: 'text' | 'number';
  readonly env: string;
  readonly default: T;
  /** Unit of a number; empty for text. */
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** A secret is never printed or logged. */
  readonly secret?: true;
  readonly description: string;
}

export const text = <T extends string = string>(
  env: string,
  fallback: NoInfer<T>,
  description: string,
  extra: Partial<Option<T>> = {},
): Option<T> => ({ type: 'text', env, default: fallback, unit: '', description, ...extra });

export const number = (
  env: string,
  fallback: number,
  unit: string,
  min: number,
  max: number,
  description: string,
): Option<number> => ({ type: 'number', env, default: fallback, unit, min, max, description });

/** A setting that does not fit the table. `message` names the variable, never a secret's value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The value of a setting, from its variable as it stands in the environment.
 * @throws ConfigError when it does not fit
 */
export function parseOption(option: Option, raw: string | undefined): Value {
  if (raw === undefined || raw === '') return option.default;
  switch (option.type) {
    case 'number': {
      const value = Number(raw);
      const { min = -Infinity, max = Infinity } = option;
      if (!Number.isInteger(value) || value < min || value > max)
        throw new ConfigError(
          `${option.env} must be a whole number from ${min} to ${max}${option.unit && ` (${option.unit})`}.`,
        );
      return value;
    }
    case 'text':
      if (option.choices && !option.choices.includes(raw))
        throw new ConfigError(`${option.env} must be one of ${option.choices.join(', ')}.`);
      return raw;
  }
}
