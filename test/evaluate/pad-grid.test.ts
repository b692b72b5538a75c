import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { EvaluateError } from '../../models/evaluate/evaluate-error.ts';
import {
  cellName,
  changed,
  COLOUR_CELLS,
  formCells,
  PLAIN,
  type Cell,
} from '../../models/evaluate/pad-grid/cells.ts';
import { parsePadGridArguments } from '../../models/evaluate/pad-grid/options.ts';
import { figuresOf, padGridReport, worstFirst } from '../../models/evaluate/pad-grid/report.ts';
import { passivePad } from '../../server/policy/passive-pad.ts';

const WIDTH = 60;
const HEIGHT = 40;

/** One colour, as a PNG. */
async function plate(r: number, g: number, b: number): Promise<Buffer> {
  const create = { width: WIDTH, height: HEIGHT, channels: 3, background: { r, g, b } } as const;
  return await sharp({ create }).png().toBuffer();
}

/** Size, and the colour of one pixel, after a cell. */
async function after(cell: Partial<Cell>, picture: Buffer, x = WIDTH / 2, y = HEIGHT / 2) {
  const bytes = await changed(picture, { ...PLAIN, jpegQuality: 100, ...cell });
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = 3 * (y * info.width + x);
  return { width: info.width, height: info.height, colour: [...data.subarray(at, at + 3)] };
}

const near = (expected: readonly number[]) => expected.map((value) => expect.closeTo(value, -0.8));

describe('the grid of changed pictures', () => {
  it('changes colours as an attacker would: contrast and gamma first, then the channels, within 0..255', async () => {
    const picture = await plate(120, 100, 80);
    expect((await after({}, picture)).colour).toEqual(near([120, 100, 80]));
    expect((await after({ red: 1.2, blue: 0.75 }, picture)).colour).toEqual(near([144, 100, 60]));
    expect((await after({ gamma: 1.4 }, picture)).colour[1]).toBeCloseTo(255 * (100 / 255) ** 1.4, -0.8);
    expect((await after({ contrast: 1.3 }, picture)).colour[1]).toBeCloseTo(127.5 - 1.3 * 27.5, -0.8);
    expect((await after({ red: 4 }, picture)).colour[0]).toBeGreaterThan(250);
  });

  it('scales, cuts and puts borders about the picture', async () => {
    const picture = await plate(120, 100, 80);
    expect(await after({ scale: 0.5 }, picture, 2, 2)).toMatchObject({ width: 30, height: 20 });
    expect(await after({ border: 'cut' }, picture, 2, 2)).toMatchObject({ width: 48, height: 32 });
    const black = await after({ border: 'black' }, picture, 2, 2);
    expect(black).toMatchObject({ width: 84, height: 56 });
    expect(Math.max(...black.colour)).toBeLessThan(12);
    expect((await after({ border: 'mirror' }, picture, 2, 2)).colour).toEqual(near([120, 100, 80]));
    expect((await after({ scale: 0.5, border: 'white' }, picture, 2, 2)).colour).toEqual(
      near([255, 255, 255]),
    );
  });

  it('begins with the plain picture, and has no cell twice', () => {
    expect(COLOUR_CELLS[0]).toEqual(PLAIN);
    const warm = COLOUR_CELLS.find((cell) => cellName(cell) === 'red × 1.2, blue × 0.75');
    const all = [...COLOUR_CELLS, ...formCells(PLAIN), ...formCells(warm ?? PLAIN)].map(cellName);
    expect(new Set(all).size).toBe(all.length);
  });

  it('names the cell in which most attacks pass', () => {
    const scored = (...pooled: (number | null)[]) =>
      pooled.map((value, i) => ({ name: `${i}`, presentation: 'print' as const, scores: [], pooled: value }));
    const plain = { cell: PLAIN, scored: scored(0.01, 0.02, null) };
    const above = { cell: { ...PLAIN, red: 1.2 }, scored: scored(0.9, 0.01, null) };
    const nearly = { cell: { ...PLAIN, blue: 0.6 }, scored: scored(0.4, 0.3, 0.45) };
    expect(worstFirst([plain, nearly, above])).toEqual([above, nearly, plain]);
    expect(figuresOf(above)).toMatchObject({ recordings: 3, accepted: 1, notRejected: 1, highest: 0.9 });
    expect(figuresOf(nearly)).toMatchObject({ accepted: 0, notRejected: 3 });
    const text = padGridReport([plain, nearly, above], [{ cell: PLAIN, scored: scored(0.9, 0.01, null) }]);
    expect(text).toContain('Worst of 3 cells: red × 1.2.');
    expect(text).toContain(`Bars: accept ${passivePad.acceptBar}`);
    expect(text).toContain('1 (plain) 0.01');
    expect(padGridReport([], [])).toContain('No recording of an attack was found.');
  });

  it('needs a folder, and refuses what it does not know', () => {
    expect(parsePadGridArguments(['--help'])).toBeNull();
    expect(parsePadGridArguments(['--data', 'x', '--frames', '3'])).toMatchObject({ frames: 3, worst: 2 });
    expect(() => parsePadGridArguments([])).toThrow(EvaluateError);
    expect(() => parsePadGridArguments(['--data', 'x', '--frames', '0'])).toThrow(EvaluateError);
  });
});
