import sharp from 'sharp';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { HEAD_AT_REST } from '../../simulator/acting/head-state.ts';
import { FlatHead } from '../../simulator/flat-puppet/flat-head.ts';
import { preparePortrait, SAMPLE_PORTRAITS } from '../../simulator/index.ts';
import { loadPhoto, type Photo } from './photo.ts';

/** The faces in the sample photos of an installed package that are turned to the camera. */
export async function samplePhotos(core: FrameAnalyzerCore): Promise<Photo[]> {
  const photos: Photo[] = [];
  for (const [name, source] of Object.entries(SAMPLE_PORTRAITS)) {
    const portrait = await preparePortrait(source);
    const { width, height } = portrait.image;
    const canvas = { data: Buffer.alloc(3 * width * height), width, height };
    new FlatHead(portrait).draw(HEAD_AT_REST, canvas);
    const png = await sharp(canvas.data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const photo = await loadPhoto(png, name, core);
    if (photo !== null) photos.push(photo);
  }
  return photos;
}
