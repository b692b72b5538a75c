import { EvaluateError } from './evaluate-error.ts';
import { randomIndex, shuffled } from './seeded-random.ts';
import type { Dataset } from './dataset.ts';

/** Two images to compare, by identity and by the number in the file name. */
interface NamedPair {
  readonly a: { readonly identity: string; readonly number: number };
  readonly b: { readonly identity: string; readonly number: number };
}

/** One part of a cross-validation: genuine pairs and impostor pairs. */
export interface Fold<Pair> {
  readonly genuine: readonly Pair[];
  readonly impostor: readonly Pair[];
}

/**
 * Reads LFW's `pairs.txt`. Its first line is `folds pairs`. Each fold has that many lines `name n m` (genuine), then as
 * many lines `name n other m` (impostor).
 * @throws EvaluateError where the text has another form
 */
export function parsePairs(text: string): Fold<NamedPair>[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const [folds, perFold] = (lines[0] ?? '').split(/\s+/).map(Number);
  if (!(Number.isInteger(folds) && Number.isInteger(perFold) && folds >= 2 && perFold >= 1)) {
    throw new EvaluateError('Line 1 of the pairs is not "folds pairs", as in "10 300".');
  }
  let at = 1;
  const take = (isGenuine: boolean) => {
    const pair = parsePair(lines[at] ?? '');
    const isSame = pair !== null && pair.a.identity === pair.b.identity;
    if (pair === null || isSame !== isGenuine) {
      throw new EvaluateError(
        `Line ${at + 1} of the pairs is no ${isGenuine ? 'genuine' : 'impostor'} pair.`,
      );
    }
    at++;
    return pair;
  };
  const result = Array.from({ length: folds }, () => ({
    genuine: Array.from({ length: perFold }, () => take(true)),
    impostor: Array.from({ length: perFold }, () => take(false)),
  }));
  const rest = lines.findIndex((line, index) => index >= at && line !== '');
  if (rest !== -1) throw new EvaluateError(`Line ${rest + 1} of the pairs is beyond the last fold.`);
  return result;
}

function parsePair(line: string): NamedPair | null {
  const fields = line.split(/\s+/);
  const [name, number] = fields;
  const [other, otherNumber] =
    fields.length === 3 ? [name, fields[2]] : fields.length === 4 ? fields.slice(2) : ['', ''];
  const numbers = [Number(number), Number(otherNumber)];
  if (!other || !numbers.every((value) => Number.isInteger(value) && value >= 1)) return null;
  return { a: { identity: name, number: numbers[0] }, b: { identity: other, number: numbers[1] } };
}

/** A pair as indices into the images of a data set. */
export type ImagePair = readonly [number, number];

/**
 * Finds the images of named pairs: `Name/Name_0001.jpg` with any extension and any number of leading zeros.
 * @throws EvaluateError naming the first missing image, because a protocol without some of its pairs is another
 * protocol
 */
export function resolvePairs(folds: readonly Fold<NamedPair>[], dataset: Dataset): Fold<ImagePair>[] {
  const byName = new Map<string, number>();
  for (const [index, { identity, name }] of dataset.images.entries()) {
    const number = /_(\d+)\.[^.]+$/.exec(name)?.[1];
    if (number !== undefined) byName.set(`${dataset.identities[identity]} ${Number(number)}`, index);
  }
  const find = ({ identity, number }: NamedPair['a']) => {
    const index = byName.get(`${identity} ${number}`);
    if (index === undefined) {
      throw new EvaluateError(`The pairs name picture ${number} of ${identity}, which the data do not hold.`);
    }
    return index;
  };
  const resolve = ({ a, b }: NamedPair): ImagePair => [find(a), find(b)];
  return folds.map(({ genuine, impostor }) => ({
    genuine: genuine.map(resolve),
    impostor: impostor.map(resolve),
  }));
}

/**
 * Draws pairs like LFW's protocol, for data without a pairs file. Identities are distributed over the folds, so no
 * identity is in two folds. Each fold has up to `perFold` genuine pairs and as many impostor pairs.
 */
export function drawPairs(
  dataset: Dataset,
  folds: number,
  perFold: number,
  random: () => number,
): Fold<ImagePair>[] {
  const imagesOf = dataset.identities.map((): number[] => []);
  for (const [index, { identity }] of dataset.images.entries()) imagesOf[identity].push(index);
  const order = shuffled([...dataset.identities.keys()], random);
  return Array.from({ length: folds }, (_, fold) => {
    const identities = order.filter((_identity, place) => place % folds === fold);
    const possible = identities.flatMap((identity) => pairsOf(imagesOf[identity]));
    const genuine = shuffled(possible, random).slice(0, perFold);
    const pick = (identity: number) => imagesOf[identity][randomIndex(random, imagesOf[identity].length)];
    const impostor =
      identities.length < 2
        ? []
        : genuine.map((): ImagePair => {
            const first = randomIndex(random, identities.length);
            const second = (first + 1 + randomIndex(random, identities.length - 1)) % identities.length;
            return [pick(identities[first]), pick(identities[second])];
          });
    return { genuine, impostor };
  });
}

/** All pairs of two different items. */
export function pairsOf(items: readonly number[]): ImagePair[] {
  return items.flatMap((a, i) => items.slice(i + 1).map((b): ImagePair => [a, b]));
}
