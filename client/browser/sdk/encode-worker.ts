/** Worker that draws and encodes pictures off the main thread. `encoder.ts` is its counterpart. */
import type { WorkerReply, WorkerRequest } from './encoder.ts';
import { createCanvasEncoder } from './canvas-encoder.ts';

/** The part of a worker's global scope that is used here. The DOM library has no type for it. */
interface WorkerScope {
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerRequest>) => void): void;
  postMessage(reply: WorkerReply, transfer: Transferable[]): void;
}

// The DOM library gives the global scope the type of a window.
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
