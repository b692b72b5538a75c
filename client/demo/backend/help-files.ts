import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { DemoRequest, DemoResponse } from './http.ts';

/** Path under which the pages find the files of help on the device. */
export const HELP_PATH = '/assets/help/';
/** The worker that runs MediaPipe. It is the only file that may run WebAssembly. */
export const HELP_WORKER = 'help-worker.js';

const MEDIAPIPE_FILES: Readonly<Record<string, string>> = {
  'vision_wasm_module_internal.js': 'text/javascript; charset=utf-8',
  'vision_wasm_module_internal.wasm': 'application/wasm',
};
const MODEL_FILE = 'face_landmarker.task';
const KEPT = 'private, max-age=86400';

/**
 * MediaPipe's files and its model. They are read at the first request, because they have 17 MB and many sites never
 * need them.
 */
export class HelpFiles {
  readonly #model: string;
  readonly #read = new Map<string, Promise<Uint8Array>>();

  /** @param model path of `face_landmarker.task` */
  constructor(model: string) {
    this.#model = model;
  }

  /** The answer for the file of that name, or null when there is none. */
  async serve(name: string, { headers }: DemoRequest): Promise<DemoResponse | null> {
    const type = Object.hasOwn(MEDIAPIPE_FILES, name) ? MEDIAPIPE_FILES[name] : undefined;
    if (name === MODEL_FILE)
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'cache-control': KEPT },
        body: await this.#once(name, () => readFile(this.#model)),
      };
    if (type === undefined) return null;
    const plain = await this.#once(name, () =>
      readFile(createRequire(import.meta.url).resolve(`@mediapipe/tasks-vision/${name}`)),
    );
    const about = { 'content-type': type, 'cache-control': KEPT, vary: 'Accept-Encoding' };
    if (!/\bgzip\b/.test(headers.get('accept-encoding') ?? ''))
      return { status: 200, headers: about, body: plain };
    const body = await this.#once(`${name}.gz`, () => promisify(gzip)(plain));
    return { status: 200, headers: { ...about, 'content-encoding': 'gzip' }, body };
  }

  async #once(name: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const reading = read();
    this.#read.set(name, reading);
    // A failed read is tried again at the next request.
    reading.catch(() => this.#read.delete(name));
    return reading;
  }
}
