import { Camera } from '../../simulator/drawing/camera.ts';
import { HEAD_AT_REST } from '../../simulator/acting/head-state.ts';
import { PersonDrawing } from '../../simulator/person/person.ts';
import { PERSON_PORTRAITS, preparePortrait } from '../../simulator/index.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { FaceRegion } from '../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { poseFrom } from '../../server/vision/neutral-pose.ts';

/** True turns, in degrees from the face at rest. */
export const TRUE_YAWS = [10, 20, 30, 35, 40, 45, 50, 55, 60, 65] as const;

/** The turn that is measured of drawn heads that turn by `TRUE_YAWS` to one side; null where the face is lost. */
export async function measuredYaws(
  core: FrameAnalyzerCore,
  side: 1 | -1,
): Promise<Map<string, (number | null)[]>> {
  const found = new Map<string, (number | null)[]>();
  const decoder = new ImageDecoder(4_000_000);
  for (const [name, source] of Object.entries(PERSON_PORTRAITS)) {
    const portrait = await preparePortrait(source);
    const drawing = new PersonDrawing(portrait, 5);
    const camera = new Camera(5);
    const { width, height } = portrait.image;
    const canvas = { data: Buffer.alloc(3 * width * height), width, height };
    let region: FaceRegion | null = null;
    let atMs = 0;
    const look = async (yawDeg: number) => {
      drawing.drawState({ ...HEAD_AT_REST, yawDeg }, 0, canvas);
      const decoded = await decoder.decode(await camera.take(canvas, (atMs += 66)));
      if (!decoded.ok) throw new Error(decoded.code);
      const { face } = await core.analyze(decoded.image, region, {
        embeddings: false,
        pad: false,
        countFaces: false,
      });
      region = face.found ? face.value.region : null;
      return face.found ? face.value.pose : null;
    };
    const rest = await look(0);
    if (rest === null) throw new Error(`${name} has no face.`);
    const measured: (number | null)[] = [];
    for (const yawDeg of TRUE_YAWS) {
      await look(side * (yawDeg - 5));
      const pose = await look(side * yawDeg);
      measured.push(pose === null ? null : side * poseFrom(rest, pose).yawDeg);
    }
    found.set(name, measured);
  }
  return found;
}
