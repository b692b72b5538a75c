/** Worker that finds faces with MediaPipe off the main thread. `local-help.ts` is its counterpart. */
import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { ownOriginOnly } from './own-origin.ts';
import { adviseOnPlacement, type PlacementAdvice } from './placement-advice.ts';
import { workerScope } from '../worker-scope.ts';

/** The first message names the folder of MediaPipe's files. Each later message is a picture; `atMs` increases. */
export type HelpRequest =
  | { readonly folder: string }
  | { readonly picture: ImageBitmap; readonly atMs: number };
/** The first reply says that the model is loaded. After a failure there are no more replies. */
export type HelpReply =
  | { readonly ready: true }
  | { readonly advice: PlacementAdvice }
  | { readonly failure: string };

const MODEL = 'face_landmarker.task';
/** Two faces are enough to notice a second person. */
const MOST_FACES = 2;

const scope = workerScope<HelpRequest, HelpReply>();
scope.fetch = ownOriginOnly(scope.fetch, location.origin);
silence();

let landmarker: FaceLandmarker | null = null;

scope.addEventListener('message', ({ data }) => {
  if ('folder' in data) void load(data.folder);
  else scope.postMessage(look(data.picture, data.atMs), []);
});

async function load(folder: string): Promise<void> {
  try {
    const model = await scope.fetch(`${folder}${MODEL}`);
    if (!model.ok) throw new Error(`${MODEL}: ${model.status}`);
    landmarker = await FaceLandmarker.createFromOptions(
      await FilesetResolver.forVisionTasks(folder.replace(/\/$/, ''), true),
      {
        // The GPU delegate takes ten times as long on devices without a hardware renderer.
        baseOptions: { modelAssetBuffer: new Uint8Array(await model.arrayBuffer()), delegate: 'CPU' },
        runningMode: 'VIDEO',
        numFaces: MOST_FACES,
      },
    );
    scope.postMessage({ ready: true }, []);
  } catch (cause) {
    scope.postMessage({ failure: String(cause) }, []);
  }
}

function look(picture: ImageBitmap, atMs: number): HelpReply {
  if (landmarker === null) return { failure: 'not loaded' };
  try {
    const { faceLandmarks } = landmarker.detectForVideo(picture, atMs);
    return { advice: adviseOnPlacement(faceLandmarks, picture.width / picture.height) };
  } catch (cause) {
    return { failure: String(cause) };
  } finally {
    picture.close();
  }
}

/** MediaPipe logs its build options to the console of every page. */
function silence(): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) console[method] = () => {};
}
