import { availableTransports } from '../../server/gateway/transport-choice.ts';

/**
 * Reads `--name` as a number above 0.
 * @throws Error with the name otherwise
 */
export function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value > 0)) throw new Error(`--${name} must be a number above 0.`);
  return value;
}

/**
 * Reads `--name` as whole numbers above 0, separated by commas.
 * @throws Error with the name otherwise
 */
export function positiveList(name: string, text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.length === 0 || !values.every((value) => Number.isInteger(value) && value > 0))
    throw new Error(`--${name} must be whole numbers above 0, separated by commas.`);
  return values;
}

/** The transports that this Node can run, as the text of an option. The server's default comes first. */
export function transportsHere(): string {
  return availableTransports()
    .map(({ name }) => name)
    .join(',');
}

/**
 * Reads `uws`, `ws` or both, separated by a comma.
 * @throws Error otherwise
 */
export function transports(text: string): ('uws' | 'ws')[] {
  return text.split(',').map((name) => {
    if (name !== 'uws' && name !== 'ws') throw new Error('--transports must be uws, ws or uws,ws.');
    return name;
  });
}
