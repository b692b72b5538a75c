/** Second bytes of the JPEG markers that have no length field, and of the start of scan (ITU-T T.81, table B.1). */
const MARKER = { TEM: 0x01, RST0: 0xd0, RST7: 0xd7, SOI: 0xd8, EOI: 0xd9, SOS: 0xda } as const;

/**
 * The position in the stream: between pictures, at a JPEG's marker, in its entropy-coded data, or at a PNG's chunk. It
 * is kept between chunks of the stream.
 */
type State = 'outside' | 'marker' | 'scan' | 'png-chunk';

interface SplitterOptions {
  /** A picture that grows beyond this is dropped. */
  readonly maxPictureBytes?: number;
}

/**
 * Splits a stream of consecutive JPEG and PNG images. Bytes between them, such as multipart headers, are skipped. The
 * splitter follows the marker structure instead of searching for FFD9, because FFD9 also ends the thumbnails inside
 * EXIF segments and may occur in any segment. Stray bytes between segments are skipped. Some cameras write no end
 * marker: such a picture ends where the next one starts, or with the stream (`end`). Whether data is missing in it is
 * for the decoder to say. A picture that breaks off before its first scan is dropped.
 */
export class MjpegSplitter {
  readonly #maxPictureBytes: number;
  #buffer = Buffer.alloc(0);
  /** Bytes of `#buffer` in use. */
  #length = 0;
  /** Position in `#buffer` at which the present picture begins. */
  #start = 0;
  /** Position of the next byte to read. It is beyond `#length` while a segment is incomplete. */
  #position = 0;
  #state: State = 'outside';
  /** The present picture has had a scan. */
  #hasScan = false;

  constructor({ maxPictureBytes = 32 * 1024 * 1024 }: SplitterOptions = {}) {
    this.#maxPictureBytes = maxPictureBytes;
  }

  /** Adds the next bytes and returns the pictures that they complete, each in its own buffer. */
  push(chunk: Uint8Array): Buffer[] {
    this.#append(chunk);
    const pictures: Buffer[] = [];
    for (let step = this.#step(); step !== 'starved'; step = this.#step())
      if (step === 'complete') pictures.push(Buffer.from(this.#buffer.subarray(this.#start, this.#position)));
    if (this.#state !== 'outside' && this.#length - this.#start > this.#maxPictureBytes) {
      this.#state = 'outside';
      this.#position = Math.min(this.#position, this.#length);
    }
    return pictures;
  }

  /** The last picture, when the stream ended without its end marker; null: there is none. */
  end(): Buffer | null {
    const isPicture = this.#hasScan && (this.#state === 'scan' || this.#state === 'marker');
    const picture = isPicture ? Buffer.from(this.#buffer.subarray(this.#start, this.#length)) : null;
    this.#state = 'outside';
    this.#position = this.#length;
    return picture;
  }

  #step(): 'on' | 'complete' | 'starved' {
    if (this.#state === 'outside') return this.#seekStart();
    if (this.#state === 'png-chunk') return this.#readPngChunk();
    return this.#state === 'marker' ? this.#readMarker() : this.#readScan();
  }

  #seekStart(): 'on' | 'starved' {
    const used = this.#used();
    const [jpeg, png] = [START_OF_IMAGE, PNG_SIGNATURE].map((start) => used.indexOf(start, this.#position));
    if (png !== undefined && png >= 0 && (jpeg === undefined || jpeg < 0 || png < jpeg)) {
      this.#start = png;
      this.#position = png + PNG_SIGNATURE.byteLength;
      this.#state = 'png-chunk';
      return 'on';
    }
    if (jpeg === undefined || jpeg < 0) {
      // The last bytes may be the first of an image.
      this.#position = Math.max(this.#position, this.#length - PNG_SIGNATURE.byteLength + 1);
      return 'starved';
    }
    this.#begin(jpeg);
    return 'on';
  }

  /** Four bytes of length, four of type, the data, four of checksum (PNG specification, section 5.3). */
  #readPngChunk(): 'on' | 'complete' | 'starved' {
    if (this.#position + 8 > this.#length) return 'starved';
    const dataBytes = this.#buffer.readUInt32BE(this.#position);
    const type = this.#buffer.toString('latin1', this.#position + 4, this.#position + 8);
    const nextAt = this.#position + 12 + dataBytes;
    if (!/^[A-Za-z]{4}$/.test(type) || nextAt - this.#start > this.#maxPictureBytes) return this.#resync();
    if (nextAt > this.#length) return 'starved';
    this.#position = nextAt;
    if (type !== 'IEND') return 'on';
    this.#state = 'outside';
    return 'complete';
  }

  #readMarker(): 'on' | 'complete' | 'starved' {
    if (this.#position + 1 >= this.#length) return 'starved';
    if (this.#buffer[this.#position] !== 0xff) return this.#skipStrays(this.#position);
    const marker = this.#byte(this.#position + 1);
    if (marker === 0xff) {
      // Any number of FF fill bytes may come before a marker.
      this.#position += 1;
      return 'on';
    }
    if (marker === MARKER.EOI) {
      this.#position += 2;
      this.#state = 'outside';
      return 'complete';
    }
    if (marker === MARKER.SOI && this.#hasScan) {
      this.#state = 'outside';
      return 'complete';
    }
    if (marker === MARKER.SOI) {
      this.#begin(this.#position);
      return 'on';
    }
    if (marker === MARKER.TEM || (marker >= MARKER.RST0 && marker <= MARKER.RST7)) {
      this.#position += 2;
      return 'on';
    }
    if (marker === 0x00) return this.#skipStrays(this.#position + 2);
    if (this.#position + 3 >= this.#length) return 'starved';
    const segmentBytes = this.#buffer.readUInt16BE(this.#position + 2);
    if (segmentBytes < 2) return this.#resync();
    this.#position += 2 + segmentBytes;
    if (marker === MARKER.SOS) {
      this.#state = 'scan';
      this.#hasScan = true;
    }
    return 'on';
  }

  /** Goes on at the next byte that may begin a marker. */
  #skipStrays(from: number): 'on' | 'starved' {
    const found = this.#used().indexOf(0xff, from);
    this.#position = found < 0 ? this.#length : found;
    return found < 0 ? 'starved' : 'on';
  }

  #readScan(): 'on' | 'starved' {
    if (this.#position >= this.#length) return 'starved';
    const found = this.#used().indexOf(0xff, this.#position);
    this.#position = found < 0 ? this.#length : found;
    if (this.#position + 1 >= this.#length) return 'starved';
    const next = this.#byte(this.#position + 1);
    if (next === 0x00 || (next >= MARKER.RST0 && next <= MARKER.RST7)) this.#position += 2;
    else this.#state = 'marker';
    return 'on';
  }

  /** A picture starts at `at`. The bytes before it are no longer needed. */
  #begin(at: number): void {
    this.#start = at;
    this.#position = at + 2;
    this.#state = 'marker';
    this.#hasScan = false;
  }

  #resync(): 'on' {
    this.#state = 'outside';
    return 'on';
  }

  #append(chunk: Uint8Array): void {
    const keepFrom = Math.min(this.#state === 'outside' ? this.#position : this.#start, this.#length);
    const needed = this.#length - keepFrom + chunk.byteLength;
    // Doubling the buffer keeps the cost of copying linear in the received bytes, for chunks of any size.
    const target = needed > this.#buffer.byteLength ? Buffer.allocUnsafe(needed * 2) : this.#buffer;
    if (target !== this.#buffer || keepFrom > 0) this.#buffer.copy(target, 0, keepFrom, this.#length);
    this.#buffer = target;
    this.#start -= keepFrom;
    this.#position -= keepFrom;
    this.#buffer.set(chunk, this.#length - keepFrom);
    this.#length = needed;
  }

  #used(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #byte(position: number): number {
    return this.#buffer.readUInt8(position);
  }
}

const START_OF_IMAGE = Buffer.from([0xff, MARKER.SOI]);
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Whether an image of the splitter is a PNG; otherwise it is a JPEG. */
export function isPng(image: Uint8Array): boolean {
  return image[0] === PNG_SIGNATURE[0];
}

/** The images of a stream of bytes. */
export async function* splitMjpeg(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const splitter = new MjpegSplitter();
  for await (const chunk of stream) yield* splitter.push(chunk);
  const last = splitter.end();
  if (last !== null) yield last;
}
