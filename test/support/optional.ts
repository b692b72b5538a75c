import { existsSync } from 'node:fs';
import path from 'node:path';

/** Recordings of real people, for tests only; never part of the project. Null where `VERIFRAME_DATA` names none. */
export const DATA_DIR = existing(process.env['VERIFRAME_DATA']);

/** The pinned downloads of the optional models. Null where `VERIFRAME_MODEL_MIRROR` names none. */
export const MIRROR_DIR = existing(process.env['VERIFRAME_MODEL_MIRROR']);

function existing(folder: string | undefined): string | null {
  return folder && existsSync(folder) ? path.resolve(folder) : null;
}
