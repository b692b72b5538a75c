import { guidance } from '../../protocol/words/en.ts';
import { HINTS, type Hint } from '../../protocol/status.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { type Advice, table } from './table.ts';

const { quality, positioning, supply } = policyFor('standard');
const percent = (share: number) => `${Math.round(100 * share)} %`;

/** One entry for each hint: the compiler refuses a hint without words. */
export const HINT_ADVICE: Readonly<Record<Hint, Advice>> = {
  'no-face': {
    means: 'The picture shows no face.',
    todo: 'Stand before the camera. At a kiosk: check that the picture is upright and the lens is clean.',
  },
  'several-faces': {
    means: 'The picture shows more than one face. Photographs on a wall count too.',
    todo: 'Let one person stand alone. Point the camera at a plain wall.',
  },
  'move-closer': {
    means: `The eyes are less than ${quality.minInterEyePx} pixels apart.`,
    todo: 'Step closer, use a longer lens, or send larger pictures (`--max-edge` of the kiosk).',
  },
  'move-back': {
    means: `The face is wider than ${percent(quality.maxWidthShare)} of the picture or is cut off; or it must move away before it is asked to come closer.`,
    todo: 'Step back, or use a wider lens.',
  },
  'centre-face': {
    means: `Less than ${percent(quality.minInsideShare)} of the face is inside the picture.`,
    todo: 'Move to the middle. At a kiosk: mount the camera at the height of the eyes.',
  },
  'look-straight': {
    means: `The head is turned or tilted (bars: ${quality.maxYawDeg}° of yaw, ${quality.maxPitchDeg}° of pitch, ${quality.maxRollDeg}° of roll), or it has to come back to rest after a challenge.`,
    todo: 'Look into the camera. At a kiosk: put the screen right beside the camera.',
  },
  'hold-still': {
    means: `The picture is not sharp enough, or everything fits and ${positioning.goodFrames} good frames are being collected.`,
    todo: 'Hold still. If the hint stays: more light, a clean lens, the right focus.',
  },
  'too-dark': {
    means: `The face is darker than ${quality.minBrightness} of 255 on average.`,
    todo: 'Turn on a light in front of the person.',
  },
  'too-bright': {
    means: `The face is brighter than ${quality.maxBrightness} of 255 on average, or more than ${percent(quality.maxClippedShare)} of it is pure white or black.`,
    todo: 'Avoid direct sun and lamps that shine into the face or the lens.',
  },
  'face-covered': {
    means: 'Something covers the face or both eyes: a mask, a hand, hair, a scarf, dark glasses.',
    todo: 'Uncover the face.',
  },
  'turn-camera': {
    means: `The picture lies on its side or upside down: the face is tilted by more than ${quality.maxHeldRollDeg}°, or there is one only when the picture is turned.`,
    todo: 'Turn the camera, or its picture in the settings. A file from a phone: keep its EXIF orientation.',
  },
  'no-colour': {
    means:
      'The picture is grey, or has one tint throughout: a grey or an infrared camera, or a camera in its night mode. Faces are judged in colour.',
    todo: 'Take a camera that shows colours, switch its night mode off, turn on a light.',
  },
  'open-eyes': {
    means: 'The eyes are closed for longer than a blink lasts.',
    todo: 'Open the eyes. Glasses that reflect: turn the lamp or take them off.',
  },
  'do-challenge': {
    means: 'A challenge is shown and its answer is awaited.',
    todo: 'Do what the screen asks, once, and come back to rest. `skip` draws another challenge.',
  },
  'again-slower': {
    means:
      'The gesture was done, but the frames do not show how it came about: it was too quick for the frame rate, or frames were lost.',
    todo: 'Do it again without haste. If it comes often: a faster camera, more light, a better network.',
  },
  wait: {
    means: 'Nothing is asked for: the gallery is searched or the reference is stored.',
    todo: 'Wait. If it stays: see `storage-failed` below.',
  },
  'connection-slow': {
    means: `Fewer than ${supply?.minFramesPerSecond ?? 0} frames a second arrive, although the server gave credit for more.`,
    todo: 'Use a better network. Send smaller pictures. At a kiosk: check the load of the device.',
  },
  'service-slow': {
    means: 'Enough frames arrive, but they wait for a worker or are replaced by newer ones.',
    todo: 'Operator: more cores or workers, fewer sessions. See `veriframe_inference_queue_depth`.',
  },
};

/** Every hint with the words that people read in English. */
export function hintTable(): string {
  return table(
    ['hint', 'the person reads', 'it means', 'what to do'],
    HINTS.map((hint) => [
      `\`${hint}\``,
      guidance.hint[hint],
      HINT_ADVICE[hint].means,
      HINT_ADVICE[hint].todo,
    ]),
  );
}
