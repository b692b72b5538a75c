import sharp from 'sharp';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { preparePortrait, SAMPLE_PORTRAITS } from '../../test/support/puppet/index.ts';
import { loadPhoto, type Photo } from './photo.ts';

/** The faces of the sample photos that come with an installed package, framed as webcams do. */
export async function samplePhotos(core: FrameAnalyzerCore): Promise<Photo[]> {
  const photos: Photo[] = [];
  for (const [name, source] of Object.entries(SAMPLE_PORTRAITS)) {
    const { image } = await preparePortrait(source);
    const { width, height } = image;
    const png = await sharp(image.data, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer();
    const photo = await loadPhoto(png, name, core);
    if (photo !== null) photos.push(photo);
  }
  return photos;
}
