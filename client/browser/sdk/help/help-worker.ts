/** Finds faces with MediaPipe away from the page's thread. See `local-help.ts` for the other end. */
import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { ownOriginOnly } from './own-origin.ts';
import { guide, type Guidance } from './seen-face.ts';

/** The first message names the folder of MediaPipe's files; every later one is a picture, `atMs` increasing. */
export type HelpRequest =
  | { readonly folder: string }
  | { readonly picture: ImageBitmap; readonly atMs: number };
/** The first reply says that all is loaded; after a failure there is no other. */
export type HelpReply = { readonly ready: true } | { readonly seen: Guidance } | { readonly failure: string };

/** The part of a worker's global scope that is used here; the DOM library has no type for it. */
interface WorkerScope {
  fetch: typeof fetch;
  addEventListener(type: 'message', listener: (event: MessageEvent<HelpRequest>) => void): void;
  postMessage(reply: HelpReply, transfer: Transferable[]): void;
}

const MODEL = 'face_landmarker.task';
/** Two suffice to know that somebody else is there. */
const MOST_FACES = 2;

// The DOM library types the global scope as a window's.
const scope = globalThis as unknown as WorkerScope;
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
        // On the processor: many devices draw in software, where the other way takes ten times as long.
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
    return { seen: guide(faceLandmarks, picture.width / picture.height) };
  } catch (cause) {
    return { failure: String(cause) };
  } finally {
    picture.close();
  }
}

/** MediaPipe tells every page's console how it was compiled. */
function silence(): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) console[method] = () => {};
}
