import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { policyFor } from '../../../../server/policy/built-in.ts';
import { assessFrame } from '../../../../server/evidence/quality-gate.ts';
import { ImageDecoder } from '../../../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../../../server/inference/ort-model.ts';
import { deviationFrom, extentOf, postureOf } from '../../../../server/evidence/gesture.ts';
import type { FaceAnalysis, FrameAnalysis } from '../../../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../../../server/vision/analyze.ts';
import {
  ACTIONS,
  preparePortrait,
  stillPhoto,
  type Performance,
  type Portrait,
} from '../../../../simulator/index.ts';
import { planPerformance } from '../../../../simulator/acting/motion.ts';
import { hash32 } from '../../../../simulator/seeded.ts';
import { sha256 } from '../../../file-stamp.ts';
import type { PreparedModels } from '../../../prepared.ts';
import { EvaluateError } from '../../evaluate-error.ts';
import { entriesOf } from '../../folder-entries.ts';
import { PEOPLE } from '../materials.ts';
import { personPerformer } from '../../../../simulator/person/person-performer.ts';

/** A person who can be drawn from one photograph. */
export interface DrawnPerson {
  readonly name: string;
  /** Changes with the photograph. */
  readonly photograph: string;
  readonly portrait: Portrait;
  readonly seed: number;
}

/** Why a photograph makes no drawn person. */
export type PassedOver =
  | 'no face, or several'
  | 'small'
  | 'turned'
  | 'cannot be laid out'
  | 'unclear when drawn'
  | 'cannot be drawn doing all that may be asked';

export interface ChosenPeople {
  readonly people: readonly DrawnPerson[];
  readonly tried: number;
  readonly passedOver: ReadonlyMap<PassedOver, number>;
}

/** What a photograph must show: a face from the front, as large as the drawing's at half its size. */
const MAX_YAW_DEG = 10;
const MAX_PITCH_DEG = 15;
const MAX_ROLL_DEG = 15;
const MIN_INTER_EYE_PX = 36;
/** Lids drawn shut leave at most this share of their openness: a little less than the bar of a blink. */
const MAX_CLOSURE = 0.68;
const MAX_PIXELS = 8_000_000;

/** What a picture is for: a person is drawn of it, or it is what an attacker has. */
type Use = 'person' | 'photograph';

/** The rule by which people are chosen, in words for a report. */
export const CHOICE_RULE =
  `the first picture of each name, names in the order of their SHA-256; taken where it shows one face, turned by no ` +
  `more than ${MAX_YAW_DEG}° of yaw, ${MAX_PITCH_DEG}° of pitch and ${MAX_ROLL_DEG}° of roll, with ${MIN_INTER_EYE_PX} px ` +
  `or more between the eyes, where the quality gate calls it good once it is drawn, and where a drawing of each gesture at ` +
  `its height is seen to be one: half-closed lids in a photograph cannot be drawn blinking, nor a grin smiling`;

/**
 * Chooses people from a folder laid out like LFW by `CHOICE_RULE`, as many as wanted or as there are. Throws
 * EvaluateError when the folder cannot be read or the models are missing. An attacker's `photograph` need not be fit to
 * be drawn.
 */
export async function choosePeople(
  folder: string,
  wanted: number,
  models: PreparedModels['models'],
  use: Use = 'person',
): Promise<ChosenPeople> {
  const { folders: names } = await entriesOf(folder).catch(() => {
    throw new EvaluateError(`${folder} cannot be read.`);
  });
  const look = await createLooker(models);
  const people: DrawnPerson[] = [];
  const passedOver = new Map<PassedOver, number>();
  let tried = 0;
  for (const { name } of names
    .map((one) => ({ name: one, order: sha256(Buffer.from(one)) }))
    .toSorted((a, b) => (a.order < b.order ? -1 : 1))) {
    if (people.length >= wanted) break;
    const photograph = await firstPicture(path.join(folder, name));
    if (photograph === null) continue;
    tried++;
    const person = await personOf(name, photograph, look, use);
    if (typeof person === 'string') passedOver.set(person, (passedOver.get(person) ?? 0) + 1);
    else people.push(person);
  }
  return { people, tried, passedOver };
}

/** The people in the sample photographs that a package carries. */
export async function samplePeople(): Promise<DrawnPerson[]> {
  return await Promise.all(
    PEOPLE.map(async ({ name, portrait, seed }) => ({
      name,
      photograph: `sample ${name}`,
      portrait: await portrait(),
      seed,
    })),
  );
}

async function firstPicture(folder: string): Promise<Buffer | null> {
  const { files } = await entriesOf(folder).catch(() => ({ files: [] }));
  const first = files.find((file) => /\.(jpe?g|png|webp)$/i.test(file));
  return first === undefined ? null : await readFile(path.join(folder, first));
}

async function personOf(
  name: string,
  photograph: Buffer,
  look: Look,
  use: Use,
): Promise<DrawnPerson | PassedOver> {
  const seen = await look(photograph);
  if (seen === null || !seen.face.found || seen.faceCount !== 1) return 'no face, or several';
  const { pose, quality } = seen.face.value;
  if (quality.interEyePx < MIN_INTER_EYE_PX) return 'small';
  const isTurned =
    Math.abs(pose.yawDeg) > MAX_YAW_DEG ||
    Math.abs(pose.pitchDeg) > MAX_PITCH_DEG ||
    Math.abs(pose.rollDeg) > MAX_ROLL_DEG;
  if (isTurned) return 'turned';
  const portrait = await preparePortrait({ image: photograph }).catch(() => null);
  if (portrait === null) return 'cannot be laid out';
  const seed = hash32(...Buffer.from(name));
  const shown =
    use === 'photograph'
      ? await stillPhoto(portrait, seed).frameAt(0)
      : await personPerformer(portrait, seed).frameAt([], 0);
  const drawn = await look(shown);
  if (drawn === null || !isGood(drawn)) return 'unclear when drawn';
  return use === 'photograph' || (await canPerform(portrait, seed, look))
    ? { name, photograph: sha256(photograph).slice(0, 16), portrait, seed }
    : 'cannot be drawn doing all that may be asked';
}

/** Whether the server sees a drawing of each gesture at its height as done. */
async function canPerform(portrait: Portrait, seed: number, look: Look): Promise<boolean> {
  const { gestures } = policyFor('standard');
  const performer = personPerformer(portrait, seed);
  const faceAt = async (performances: readonly Performance[], atMs: number) => {
    const seen = await look(await performer.frameAt(performances, atMs));
    return seen?.face.found ? { face: seen.face.value, width: seen.width } : null;
  };
  const rest = await faceAt([], 0);
  if (rest === null) return false;
  const restPosture = postureOf(rest.face, rest.width);
  for (const action of ACTIONS) {
    const performance = planPerformance(action, 0, -Infinity, () => 0.5);
    const at = await faceAt([performance], performance.startMs + performance.riseMs + performance.holdMs / 2);
    if (at === null) return false;
    const isDone =
      action === 'blink'
        ? closure(rest.face, at.face) < MAX_CLOSURE
        : extentOf(action, deviationFrom(restPosture, postureOf(at.face, at.width)), gestures) >= 1;
    if (!isDone) return false;
  }
  return true;
}

/** Openness of the wider eye as a share of its openness at rest. */
function closure({ eyes: rest }: FaceAnalysis, { eyes }: FaceAnalysis): number {
  return Math.max(eyes.imageLeft / rest.imageLeft, eyes.imageRight / rest.imageRight);
}

function isGood(analysis: FrameAnalysis): boolean {
  const sample = { seq: 0, atMs: 0, capturedAtMs: 0, analysis };
  return assessFrame(sample, analysis.faceCount ?? 0, false, policyFor('standard').quality).good;
}

/** The analysis of one picture, null when it cannot be decoded. */
type Look = (picture: Buffer) => Promise<FrameAnalysis | null>;

async function createLooker({ blazeface, facemesh, iris, faceres }: PreparedModels['models']): Promise<Look> {
  if (!blazeface || !facemesh || !iris || !faceres) {
    throw new EvaluateError('No models are prepared: run "npm run models" first.');
  }
  const core = new FrameAnalyzerCore(await OrtRunner.load({ blazeface, facemesh, iris, faceres }));
  const decoder = new ImageDecoder(MAX_PIXELS);
  return async (picture) => {
    const decoded = await decoder.decode(picture);
    if (!decoded.ok) return null;
    return await core.analyze(decoded.image, null, { embeddings: false, pad: false, countFaces: true });
  };
}
