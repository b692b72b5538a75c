// Entry of a worker thread when the program runs from TypeScript: in a thread, `--import tsx` does not reach the
// entry module, so the loader has to be registered before the worker proper is imported.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
