import { parseArgs, type ParseArgsConfig } from 'node:util';
import { KioskError } from './errors.ts';

/** Reads a command line by its options. Throws `KioskError` `usage.invalid` for what they do not allow. */
export function parseArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (cause) {
    throw new KioskError('usage.invalid', cause instanceof Error ? cause.message : undefined, { cause });
  }
}
