/** Worker that draws and encodes pictures off the main thread. `encoder.ts` is its counterpart. */
import type { WorkerReply, WorkerRequest } from './encoder.ts';
import { createCanvasEncoder } from './canvas-encoder.ts';
import { workerScope } from './worker-scope.ts';

const scope = workerScope<WorkerRequest, WorkerReply>();
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
