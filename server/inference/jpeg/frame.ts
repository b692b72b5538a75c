/** One colour component of a picture, and how its 8 × 8 blocks lie. */
export interface JpegComponent {
  readonly id: number;
  /** Blocks of a unit (MCU) of a scan of several components. */
  readonly across: number;
  readonly down: number;
  /** Blocks of a scan of this component alone. */
  readonly columns: number;
  readonly rows: number;
  /** Blocks in a row with those that only fill up the last unit. */
  readonly stride: number;
  /** Progressive pictures: 1 for each coefficient that an earlier scan gave a value; else empty. */
  readonly known: Uint8Array;
  /** By coefficient: bits that are still to come; -1 when no scan has had it. */
  readonly missingBits: Int8Array;
}

export interface JpegFrame {
  readonly progressive: boolean;
  readonly width: number;
  readonly height: number;
  /** Units of a scan of several components. */
  readonly unitColumns: number;
  readonly unitRows: number;
  readonly components: readonly JpegComponent[];
}

/**
 * Reads a frame header of 8 bits a sample (T.81, B.2.2); null when it is malformed. `height` replaces the one that it
 * gives. Allocates 64 bytes for each block of a progressive picture, so the size is checked before.
 */
export function readFrame(segment: Buffer, height: number, progressive: boolean): JpegFrame | null {
  const count = segment[5] ?? 0;
  if (segment.length !== 6 + 3 * count || segment[0] !== 8 || count < 1 || count > 4) return null;
  const width = segment.readUInt16BE(3);
  const given = Array.from({ length: count }, (_unused, index) => ({
    id: segment[6 + 3 * index],
    across: segment[7 + 3 * index] >> 4,
    down: segment[7 + 3 * index] & 15,
  }));
  const isPossible = ({ across, down }: (typeof given)[number]) =>
    across >= 1 && across <= 4 && down >= 1 && down <= 4;
  if (width === 0 || height === 0 || !given.every(isPossible)) return null;
  const mostAcross = Math.max(...given.map(({ across }) => across));
  const mostDown = Math.max(...given.map(({ down }) => down));
  const unitColumns = Math.ceil(width / (8 * mostAcross));
  const unitRows = Math.ceil(height / (8 * mostDown));
  const components = given.map(({ id, across, down }): JpegComponent => {
    const stride = unitColumns * across;
    return {
      id,
      across,
      down,
      columns: Math.ceil(Math.ceil((width * across) / mostAcross) / 8),
      rows: Math.ceil(Math.ceil((height * down) / mostDown) / 8),
      stride,
      known: new Uint8Array(progressive ? 64 * stride * unitRows * down : 0),
      missingBits: new Int8Array(64).fill(-1),
    };
  });
  return { progressive, width, height, unitColumns, unitRows, components };
}

/** Whether the scans up to here hold all that the picture's full quality needs. */
export function isWhole({ components }: JpegFrame): boolean {
  return components.every(({ missingBits }) => missingBits.every((bits) => bits === 0));
}

/** Whether each component is in some scan. What an end marker follows is then as whole as its encoder made it. */
export function hasEachComponent({ components }: JpegFrame): boolean {
  return components.every(({ missingBits }) => missingBits[0] !== -1);
}
