import { spawn } from 'node:child_process';
import { splitMjpeg } from '../../client/kiosk/sources/mjpeg-splitter.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { FaceRegion } from '../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { FlashColours } from '../../server/vision/flash-colours.ts';

/** Colours of skin and background in one frame of a clip, and the pose of the head. */
export interface ClipFrame {
  readonly colours: FlashColours;
  readonly yawDeg: number;
}

const MAX_PIXELS = 4_000_000;
const ANALYSIS_OPTIONS = { embeddings: false, pad: false, countFaces: false, colours: true } as const;

/** Reads a video at this frame rate; null for a frame without visible skin. Needs ffmpeg. */
export async function clipColours(
  file: string,
  framesPerSecond: number,
  core: FrameAnalyzerCore,
): Promise<(ClipFrame | null)[]> {
  const scale = `fps=${framesPerSecond},scale='min(640,iw)':-2`;
  const output = ['-vf', scale, '-c:v', 'mjpeg', '-q:v', '3', '-f', 'image2pipe', 'pipe:1'];
  const child = spawn('ffmpeg', ['-nostdin', '-v', 'error', '-t', '9', '-i', file, ...output], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const decoder = new ImageDecoder(MAX_PIXELS);
  const frames: (ClipFrame | null)[] = [];
  let region: FaceRegion | null = null;
  for await (const picture of splitMjpeg(child.stdout)) {
    const decoded = await decoder.decode(Buffer.from(picture));
    if (!decoded.ok) throw new Error(`${file}: ${decoded.code}`);
    const { face } = await core.analyze(decoded.image, region, ANALYSIS_OPTIONS);
    region = face.found ? face.value.region : null;
    const colours = face.found ? face.value.colours : undefined;
    frames.push(face.found && colours !== undefined ? { colours, yawDeg: face.value.pose.yawDeg } : null);
  }
  return frames;
}
