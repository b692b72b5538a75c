import type { TestProject } from 'vitest/node';
import { prepareModels } from '../../models/prepare/prepare.ts';

const prepared = new Map<string, Promise<unknown>>();

/** Makes the base tier ready in the folder that a project names for its models, without network. */
export default async function setup({ config }: TestProject): Promise<void> {
  const { VERIFRAME_MODEL_CACHE: cacheDir } = config.env;
  if (cacheDir === undefined) throw new Error('The project names no folder for its models.');
  if (!prepared.has(cacheDir)) prepared.set(cacheDir, prepareModels({ cacheDir, offline: true }));
  await prepared.get(cacheDir);
}
