import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareAll, compareRows } from '../../models/evaluate/compare-all.ts';
import { parseCohorts, readDataset } from '../../models/evaluate/dataset.ts';
import { DEGRADATIONS } from '../../models/evaluate/degradations.ts';
import { EvaluateError } from '../../models/evaluate/evaluate-error.ts';
import { toFaces } from '../../models/evaluate/faces.ts';
import { parseVerificationArguments } from '../../models/evaluate/options.ts';
import { findRecordings } from '../../models/evaluate/pad/recordings.ts';
import { drawPairs, parsePairs, resolvePairs } from '../../models/evaluate/pairs.ts';
import { replaceGenerated, updateGenerated } from '../../models/evaluate/readme-table.ts';
import { seededRandom } from '../../models/evaluate/seeded-random.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'evaluate-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const PAIRS = `2\t2
Ann_Lee\t1\t2
Bo\t1\t3
Ann_Lee\t1\tBo\t2
Cy\t1\tBo\t1
Cy\t1\t2
Dee\t1\t2
Cy\t1\tDee\t2
Ann_Lee\t2\tDee\t1
`;

describe('pairs.txt', () => {
  it('is read fold by fold, genuine pairs first', () => {
    const folds = parsePairs(PAIRS);
    expect(folds).toHaveLength(2);
    expect(folds[0].genuine[1]).toEqual({
      a: { identity: 'Bo', number: 1 },
      b: { identity: 'Bo', number: 3 },
    });
    expect(folds[1].impostor[1]).toEqual({
      a: { identity: 'Ann_Lee', number: 2 },
      b: { identity: 'Dee', number: 1 },
    });
    expect(parsePairs(PAIRS.replaceAll('\n', '\r\n'))).toEqual(folds);
  });

  it.each([
    ['no header', PAIRS.split('\n').slice(1).join('\n'), 'Line 1'],
    ['an impostor pair among the genuine', PAIRS.replace('Bo\t1\t3', 'Bo\t1\tCy\t3'), 'Line 3'],
    ['a genuine pair among the impostors', PAIRS.replace('Ann_Lee\t1\tBo\t2', 'Bo\t1\tBo\t2'), 'Line 4'],
    ['a number that is none', PAIRS.replace('Dee\t1\t2', 'Dee\t1\tx'), 'Line 7'],
    ['too few lines', PAIRS.trimEnd().split('\n').slice(0, -1).join('\n'), 'Line 9'],
    ['too many lines', `${PAIRS}Bo\t1\t2\n`, 'Line 10'],
  ])('is refused with the line that is wrong: %s', (_what, text, line) => {
    expect(() => parsePairs(text)).toThrow(EvaluateError);
    expect(() => parsePairs(text)).toThrow(line);
  });

  it('refers to images of the data set, and the error names a missing one', () => {
    const identities = ['Ann_Lee', 'Bo', 'Cy', 'Dee'];
    const images = identities.flatMap((name, identity) =>
      [1, 2, 3].map((n) => ({ identity, file: '', name: `${name}/${name}_000${n}.jpg` })),
    );
    const [first] = resolvePairs(parsePairs(PAIRS), { identities, images });
    expect(first).toEqual({
      genuine: [
        [0, 1],
        [3, 5],
      ],
      impostor: [
        [0, 4],
        [6, 3],
      ],
    });
    const without = { identities, images: images.filter(({ name }) => !name.endsWith('Bo_0003.jpg')) };
    expect(() => resolvePairs(parsePairs(PAIRS), without)).toThrow('picture 3 of Bo');
  });

  it('is replaced by drawn folds: every identity is in one fold, and the same seed gives the same folds', () => {
    const identities = Array.from({ length: 40 }, (_, i) => `P${i}`);
    const images = identities.flatMap((name, identity) =>
      Array.from({ length: 3 }, (_, n) => ({ identity, file: '', name: `${name}/${name}_${n}.jpg` })),
    );
    const dataset = { identities, images };
    const folds = drawPairs(dataset, 5, 10, seededRandom(4));
    expect(folds.map(({ genuine, impostor }) => [genuine.length, impostor.length])).toEqual(
      folds.map(() => [10, 10]),
    );
    const identitiesOf = folds.map(
      ({ genuine, impostor }) => new Set([...genuine, ...impostor].flat().map((i) => images[i].identity)),
    );
    const all = identitiesOf.flatMap((set) => [...set]);
    expect(new Set(all).size).toBe(all.length);
    for (const { genuine, impostor } of folds) {
      expect(genuine.every(([a, b]) => a !== b && images[a].identity === images[b].identity)).toBe(true);
      expect(impostor.every(([a, b]) => images[a].identity !== images[b].identity)).toBe(true);
    }
    expect(drawPairs(dataset, 5, 10, seededRandom(4))).toEqual(folds);
  });
});

describe('the data folder', () => {
  it('gives identities by folder in the order of names, images only, evenly spaced when limited', async () => {
    const at = path.join(folder, 'set');
    for (const name of ['D', 'A', 'C', 'B']) {
      await mkdir(path.join(at, name), { recursive: true });
      for (const file of [`${name}_0002.jpg`, `${name}_0001.png`, 'notes.txt']) {
        await writeFile(path.join(at, name, file), '');
      }
    }
    await mkdir(path.join(at, 'Empty'));
    const { identities, images } = await readDataset(at);
    expect(identities).toEqual(['A', 'B', 'C', 'D']);
    expect(images.map(({ name }) => name).slice(0, 3)).toEqual([
      'A/A_0001.png',
      'A/A_0002.jpg',
      'B/B_0001.png',
    ]);
    expect((await readDataset(at, 2)).identities).toEqual(['A', 'C']);
  });

  it('follows symbolic links, and passes over dot files and links that lead nowhere', async () => {
    const [at, real] = [path.join(folder, 'linked'), path.join(folder, 'elsewhere')];
    for (const name of ['A', 'B']) {
      await mkdir(path.join(real, name), { recursive: true });
      await writeFile(path.join(real, name, 'one.jpg'), '');
      await writeFile(path.join(real, name, '._one.jpg'), '');
    }
    await mkdir(at);
    await symlink(path.join(real, 'A'), path.join(at, 'A'));
    await symlink(path.join(real, 'nowhere'), path.join(at, 'C'));
    await mkdir(path.join(at, 'B'));
    await symlink(path.join(real, 'B', 'one.jpg'), path.join(at, 'B', 'two.jpg'));
    const { images } = await readDataset(at);
    expect(images.map(({ name }) => name)).toEqual(['A/one.jpg', 'B/two.jpg']);
    await symlink(at, path.join(at, 'B', 'back'));
    const frames = path.join(at, 'clip-live');
    await mkdir(frames);
    for (let number = 0; number < 40; number++) {
      await symlink(path.join(real, 'A', 'one.jpg'), path.join(frames, `f${number}.jpg`));
      await writeFile(path.join(frames, `._f${number}.jpg`), '');
    }
    const { recordings } = await findRecordings(at);
    expect(recordings.map(({ name }) => name)).toEqual(['clip-live']);
  });

  it('is refused in one sentence when it is missing or has another layout', async () => {
    await expect(readDataset(path.join(folder, 'absent'))).rejects.toThrow(EvaluateError);
    await expect(readDataset(folder)).rejects.toThrow('two or more identities');
  });

  it('has cohorts in lines "image,cohort", with or without a header', () => {
    const cohorts = parseCohorts('image,cohort\nA/A_1.jpg,older\n\nB/B_1.jpg, younger\r\n');
    expect([...cohorts]).toEqual([
      ['A/A_1.jpg', 'older'],
      ['B/B_1.jpg', 'younger'],
    ]);
    expect(() => parseCohorts('A/A_1.jpg')).toThrow('Line 1');
  });
});

describe('exhaustive comparison', () => {
  const rowsOf = (count: number, seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, (_, image) => ({
      identity: image % 7,
      image,
      embeddings: {
        dlib: Float32Array.from({ length: 6 }, () => random() - 0.5),
        faceres: Float32Array.from({ length: 9 }, () => random() - 0.5),
      },
    }));
  };

  it('compares every pair of a set once, and all rows of two sets once, with the right cosine similarities', () => {
    const faces = toFaces(rowsOf(150, 1));
    const other = toFaces(rowsOf(67, 2));
    for (const [probes, references, pairs] of [
      [faces, faces, (150 * 149) / 2],
      [faces, other, 150 * 67],
    ] as const) {
      const seen = new Set<number>();
      compareAll(probes, references, (i, j, cosines) => {
        seen.add(i * 1000 + j);
        const right = compareRows(probes, i, references, j);
        if (Math.abs(cosines.dlib - right.dlib) > 1e-6 || Math.abs(cosines.faceres - right.faceres) > 1e-6) {
          throw new Error(`Wrong cosine of ${i} and ${j}.`);
        }
        if (!Number.isNaN(cosines.mobilefacenet)) throw new Error('A cosine without an embedding.');
      });
      expect(seen.size).toBe(pairs);
    }
  });
});

describe('degradations', () => {
  it('change the same image in the same way each time, and differ from each other', async () => {
    const random = seededRandom(8);
    const noise = Buffer.from(Uint8Array.from({ length: 120 * 100 * 3 }, () => 256 * random()));
    const picture = await sharp(noise, { raw: { width: 120, height: 100, channels: 3 } })
      .png()
      .toBuffer();
    const results = new Set<string>();
    for (const { apply } of DEGRADATIONS) {
      const [once, again] = [await apply(picture), await apply(picture)];
      expect(again.equals(once)).toBe(true);
      results.add(once.toString('base64'));
    }
    expect(results.size).toBe(DEGRADATIONS.length);
    expect(new Set(DEGRADATIONS.map(({ id }) => id)).size).toBe(DEGRADATIONS.length);
  });

  it('halve the brightness, and shrink the face in a frame of 640 × 480', async () => {
    const white = await sharp({ create: { width: 100, height: 100, channels: 3, background: '#c8c8c8' } })
      .png()
      .toBuffer();
    const apply = async (id: string) => {
      const found = DEGRADATIONS.find((change) => change.id === id);
      if (found === undefined) throw new Error(id);
      return await sharp(await found.apply(white)).stats();
    };
    expect((await apply('brightness-0.5')).channels[0].mean).toBe(100);
    const { channels } = await apply('small-0.5');
    expect(channels[0].mean).toBeCloseTo(128 + ((200 - 128) * 50 * 50) / (640 * 480), 0);
  });
});

describe('the command line', () => {
  it('has defaults and takes whole numbers', () => {
    const defaults = parseVerificationArguments(['--data', 'x']);
    expect(defaults).toMatchObject({ data: 'x', out: './reports/verification', seed: 1, pairs: null });
    expect(parseVerificationArguments(['--data', 'x', '--degradation-identities', '0'])).toMatchObject({
      degradationIdentities: 0,
    });
    expect(parseVerificationArguments(['--help'])).toBeNull();
  });

  it.each([
    [[]],
    [['--data', 'x', '--seed', '-1']],
    [['--data', 'x', '--workers', '0']],
    [['--what']],
  ])('refuses %j', (args) => {
    expect(() => parseVerificationArguments(args)).toThrow(EvaluateError);
  });
});

describe('a generated block', () => {
  const markdown = '# A\n<!-- generated:rates -->\nold\n<!-- /generated:rates -->\nend\n';

  it('is replaced between its markers, and the same content changes nothing', async () => {
    const file = path.join(folder, 'README.md');
    await writeFile(file, markdown);
    expect(await updateGenerated(file, 'rates', '| new |\n')).toBe(true);
    expect(await readFile(file, 'utf8')).toBe(markdown.replace('old', '| new |'));
    expect(await updateGenerated(file, 'rates', '| new |')).toBe(false);
  });

  it('is not written without exactly one pair of markers', () => {
    for (const text of ['# A', markdown + markdown, markdown.replace('/generated', '/generate')]) {
      expect(() => replaceGenerated(text, 'rates', 'x')).toThrow(EvaluateError);
    }
  });
});
