/** Draws and encodes pictures away from the page's thread. See `encoder.ts` for the other end. */
import type { WorkerReply, WorkerRequest } from './encoder.ts';
import { createCanvasEncoder } from './canvas-encoder.ts';

/** The part of a worker's global scope that is used here; the DOM library has no type for it. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerRequest>) => void): void;
  postMessage(reply: WorkerReply, transfer: Transferable[]): void;
}

// The DOM library types the global scope as a window's.
const scope = globalThis as unknown as WorkerScope;
const encodeOnCanvas = createCanvasEncoder();

scope.addEventListener('message', ({ data }) => {
  void answer(data);
});

async function answer({ picture, width, height, format, quality }: WorkerRequest): Promise<void> {
  try {
    const image = await encodeOnCanvas(picture, { width, height, format, quality });
    scope.postMessage({ image }, [image]);
  } catch (cause) {
    scope.postMessage({ failure: String(cause) }, []);
  } finally {
    picture.close();
  }
}
