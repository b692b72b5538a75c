import { KioskError } from './errors.ts';

/** Variables that the command reads. The environment of a server beside it holds others. */
const READ = ['VERIFRAME_URL', 'VERIFRAME_API_KEY', 'VERIFRAME_DATA_DIR', 'VERIFRAME_ISSUER'];

/**
 * Refuses a variable that is one slip of the pen away from one that the command reads: without `VERIFRAME_ISSUER`, for
 * example, a token of any issuer would do.
 * @throws KioskError `usage.invalid`
 */
export function refuseMisspelt(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    const meant = READ.find((known) => name !== known && isOneSlip(name.toUpperCase(), known));
    if (meant !== undefined)
      throw new KioskError('usage.invalid', `The variable ${name} means nothing: did you mean ${meant}?`);
  }
}

/**
 * Whether one letter is missing, added, another one, or two neighbours are swapped; or nothing but the case differs.
 */
function isOneSlip(text: string, other: string): boolean {
  let start = 0;
  while (start < text.length && text[start] === other[start]) start += 1;
  let end = 0;
  const most = Math.min(text.length, other.length) - start;
  while (end < most && text.at(-1 - end) === other.at(-1 - end)) end += 1;
  const [rest, otherRest] = [text, other].map((one) => one.slice(start, one.length - end)) as [
    string,
    string,
  ];
  if (rest.length <= 1 && otherRest.length <= 1) return true;
  return rest.length === 2 && rest[0] === otherRest[1] && rest[1] === otherRest[0];
}
