import type { ImageFormat } from './encoder-trials.ts';

export interface EncodeSettings {
  readonly width: number;
  readonly height: number;
  readonly format: ImageFormat;
  /** 0..1 */
  readonly quality: number;
}

/** Encodes one picture to the bytes of an image file. Rejects when the browser cannot write that format. */
export type Encode<Picture extends CanvasImageSource> = (
  picture: Picture,
  settings: EncodeSettings,
) => Promise<ArrayBuffer>;

/** An encoder that draws every picture on its own canvas. It encodes one picture at a time. */
export function createCanvasEncoder(): Encode<CanvasImageSource> {
  const canvas =
    typeof OffscreenCanvas === 'undefined' ? document.createElement('canvas') : new OffscreenCanvas(2, 2);
  // `willReadFrequently` keeps the canvas in main memory, where reading it back is cheap.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new Error('no 2d canvas');

  return async (picture, { width, height, format, quality }) => {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    context.drawImage(picture, 0, 0, width, height);
    const blob = await toBlob(canvas, format, quality);
    if (blob === null || blob.type !== format) throw new Error(`no encoder for ${format}`);
    return blob.arrayBuffer();
  };
}

function toBlob(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  type: ImageFormat,
  quality: number,
): Promise<Blob | null> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve) => {
    canvas.toBlob(resolve, type, quality);
  });
}
