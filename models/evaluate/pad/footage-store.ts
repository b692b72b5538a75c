import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AnalyzeReply, FrameAnalyzer } from '../../../server/inference/calls.ts';
import type { AnalysisOptions, FaceRegion, FrameAnalysis, Pose } from '../../../server/vision/analysis.ts';
import { sha256, writeAtomically } from '../../file-stamp.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { MAX_RESTS, relief } from '../../../server/policy/relief.ts';
import { reliefRanges } from '../../../server/evidence/relief.ts';
import { RestTextures } from '../../../server/sessions/rest-textures.ts';
import type { RestTexture } from '../../../server/vision/relief/meter.ts';
import { neutralPose, poseFrom } from '../../../server/vision/neutral-pose.ts';
import { decodeAnalyses, encodeAnalyses } from './analysis-codec.ts';
import type { Footage, FootageSource } from './footage.ts';

/** All optional analyses: a session that is played later receives only those that it asks for. */
const EVERYTHING: AnalysisOptions = { embeddings: true, pad: true, countFaces: true };
const GEOMETRY: AnalysisOptions = { embeddings: false, pad: false, countFaces: false };
/**
 * The optional analyses run on every third frame, unless the source sets another number. The two frames between take
 * their results from the nearest such frame, which is at most 40 ms away. A session asks for them on every fifth frame
 * or less often, except for short moments.
 */
const LOOK_EVERY = 3;

interface FootageStoreOptions {
  /** The folder belongs to one version of models and code. */
  readonly folder: string;
  /** Called at most once, when an analysis is not in the cache. The caller owns the pool. */
  readonly startPool: () => Promise<FrameAnalyzer>;
  readonly onFootage: () => void;
}

/**
 * Analyses footages, several at a time, the frames of each in order. Each footage is stored when it is done, so an
 * interrupted run continues where it stopped. Frames that cannot be decoded are left out.
 */
export async function analyseFootages(
  sources: readonly FootageSource[],
  { folder, startPool, onFootage }: FootageStoreOptions,
): Promise<ReadonlyMap<string, Footage>> {
  const footages = new Map<string, Footage>();
  const waiting = [...new Map(sources.map((source) => [source.id, source])).values()];
  let pool: Promise<FrameAnalyzer> | null = null;
  const lane = async () => {
    for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
      const { id, framesPerSecond, lookEvery = LOOK_EVERY } = source;
      const file = path.join(folder, `${sha256(Buffer.from(id))}.msgpack`);
      let frames = await read(file);
      if (frames === null) {
        frames = await analyse(source, await (pool ??= startPool()));
        await writeAtomically(file, encodeAnalyses(frames));
      }
      footages.set(id, {
        id,
        framesPerSecond,
        frames: frames.map((_, index) => borrowing(frames, index, lookEvery)),
      });
      onFootage();
    }
  };
  // One lane more than two workers can use, so that frames are drawn while others are analysed.
  await Promise.all(Array.from({ length: 4 }, lane));
  return footages;
}

async function read(file: string): Promise<FrameAnalysis[] | null> {
  try {
    return decodeAnalyses(await readFile(file));
  } catch {
    return null;
  }
}

async function analyse(source: FootageSource, pool: FrameAnalyzer): Promise<FrameAnalysis[]> {
  const frames: FrameAnalysis[] = [];
  let region: FaceRegion | null = null;
  const { lookEvery = LOOK_EVERY } = source;
  const rests = new FootageRests();
  for await (const picture of source.pictures()) {
    const options = frames.length % lookEvery === 0 ? EVERYTHING : GEOMETRY;
    const asked = { ...options, relief: reliefRanges(relief, ['turn', 'nod']), texture: rests.areDue };
    const reply: AnalyzeReply = await ask(pool, picture, region, asked, rests.textures);
    if (!reply.ok) {
      if (reply.code === 'server.internal')
        throw new EvaluateError(`A worker failed on a frame of ${source.id}: run it again.`);
      continue;
    }
    const { face } = reply.analysis;
    region = face.found ? face.value.region : null;
    frames.push(rests.take(frames.length, reply.analysis));
  }
  return frames;
}

/** Frames between two textures, and the poses that tell which frames show the face at rest. */
const TEXTURE_EVERY = 8;
const POSES = 100;

/** The textures of a footage's face at rest: where it is turned as in the median of the frames before. */
class FootageRests {
  readonly #textures = new RestTextures();
  readonly #poses: Pose[] = [];
  readonly #kept: number[] = [];
  #next = 0;

  get areDue(): boolean {
    return this.#poses.length >= this.#next;
  }

  get textures(): readonly RestTexture[] {
    return this.#textures.keepOnly(this.#kept);
  }

  take(index: number, analysis: FrameAnalysis): FrameAnalysis {
    const { face } = analysis;
    if (!face.found) return analysis;
    const neutral = neutralPose(this.#poses.slice(-POSES)) ?? face.value.pose;
    this.#poses.push(face.value.pose);
    const taken = this.#textures.take(index, analysis);
    if (!taken.face.found) return taken;
    const { textured, ...value } = taken.face.value;
    const { yawDeg, pitchDeg } = poseFrom(neutral, value.pose);
    const isRest = Math.abs(yawDeg) <= relief.restDeg && Math.abs(pitchDeg) <= relief.maxRestNodDeg;
    if (textured === true && isRest) {
      this.#kept.splice(0, Math.max(0, this.#kept.length - MAX_RESTS + 1));
      this.#kept.push(index);
      this.#next = this.#poses.length + TEXTURE_EVERY;
    }
    return { ...analysis, face: { found: true, value } };
  }
}

/** A frame with the optional analyses of the nearest frame that has them. */
function borrowing(frames: readonly FrameAnalysis[], index: number, lookEvery: number): FrameAnalysis {
  const past = index % lookEvery;
  const nearest = 2 * past > lookEvery ? index - past + lookEvery : index - past;
  const lender = frames[nearest] ?? frames[index - past];
  const frame = frames[index];
  if (past === 0 || !frame.face.found || !lender.face.found) return frame;
  const { embeddings, bonaFideProbability } = lender.face.value;
  const value = {
    ...(embeddings === undefined ? {} : { embeddings }),
    ...(bonaFideProbability === undefined ? {} : { bonaFideProbability }),
    ...frame.face.value,
  };
  const { faceCount } = lender;
  return { ...(faceCount === undefined ? {} : { faceCount }), ...frame, face: { found: true, value } };
}

function ask(
  pool: FrameAnalyzer,
  picture: Buffer,
  region: FaceRegion | null,
  options: AnalysisOptions,
  rests: readonly RestTexture[],
): Promise<AnalyzeReply> {
  return new Promise((resolve) => {
    pool.requestTurn(
      () => ({ image: new Uint8Array(picture).buffer, region, wants: options, rests }),
      resolve,
    );
  });
}
