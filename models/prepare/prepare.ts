import path from 'node:path';
import { readSettingsOf } from '../../server/settings/parts.ts';
import { type Artifact, type ArtifactId, ARTIFACTS } from '../artifacts.ts';
import { cachedFile, readCacheIndex, updateCacheIndex } from '../cache-index.ts';
import { makeArtifact, type MissingCode, sourcesUnchanged } from './make-artifact.ts';
import { type PreparedModels, toPreparedModels } from '../prepared.ts';
import { modelCacheDir } from './settings.ts';
import { type MissingSource, type ObtainedSource, obtainSource, type SourceOptions } from './sources.ts';

/** Progress of the work; `done` counts finished artifacts of `total`. */
export interface PrepareProgress {
  readonly id: ArtifactId;
  readonly step: 'obtaining' | 'converting' | 'kept' | 'made' | 'missing';
  readonly done: number;
  readonly total: number;
}

interface PrepareOptions {
  readonly cacheDir: string;
  /** Folder with the pinned downloads. It is searched before the network is used. */
  readonly mirrorDir?: string;
  /** True: nothing is downloaded. */
  readonly offline?: boolean;
  /** True: downloads that failed within the last day are tried again. */
  readonly retry?: boolean;
  readonly onProgress?: (progress: PrepareProgress) => void;
  /** What to make; by default, everything in the manifest. */
  readonly artifacts?: readonly Artifact[];
  readonly now?: () => number;
}

interface PrepareResult extends PreparedModels {
  /** Full-tier artifacts that are not available. */
  readonly missing: readonly { readonly id: ArtifactId; readonly code: MissingCode; readonly why: string }[];
  /** One line for each fact that the operator should know. */
  readonly notices: readonly string[];
}

/** A model of the base tier could not be prepared. The server cannot work without it. */
export class PrepareError extends Error {
  override readonly name = 'PrepareError';
  readonly code: MissingCode;
  readonly id: ArtifactId;

  constructor(id: ArtifactId, code: MissingCode, why: string) {
    super(`model ${id} could not be prepared: ${why}. Reinstall the dependencies with "npm ci".`);
    this.id = id;
    this.code = code;
  }
}

/**
 * Makes every model ready in the cache. A valid file is kept; a missing one is obtained and converted. A full-tier
 * model that is not available gives a notice.
 *
 * @throws PrepareError when a base-tier model cannot be prepared; file-system errors when the cache is not writable
 */
export async function prepareModels(options: PrepareOptions): Promise<PrepareResult> {
  const artifacts = options.artifacts ?? ARTIFACTS;
  const { cacheDir } = options;
  const nowMs = (options.now ?? Date.now)();
  const index = await readCacheIndex(cacheDir);
  const notices: string[] = [];
  const missing: { artifact: Artifact; code: MissingCode; why: string }[] = [];
  const files: { artifact: Artifact; file: string | null }[] = [];
  let done = 0;
  const report = (id: ArtifactId, step: PrepareProgress['step']) => {
    if (step === 'kept' || step === 'made' || step === 'missing') done++;
    options.onProgress?.({ id, step, done, total: artifacts.length });
  };

  const outdated: Artifact[] = [];
  for (const artifact of artifacts) {
    const unchanged = await sourcesUnchanged(index, artifact);
    const file = unchanged ? await cachedFile(cacheDir, index, artifact) : null;
    if (file === null) outdated.push(artifact);
    else {
      files.push({ artifact, file });
      report(artifact.id, 'kept');
    }
  }
  const sourceOptions: SourceOptions = {
    cacheDir,
    mirrorDir: options.mirrorDir ?? null,
    offline: options.offline ?? false,
    retry: options.retry ?? false,
    nowMs,
    failedDownloads: index.failedDownloads,
    onNotice: (notice) => notices.push(notice),
  };
  // All at once, so that an unreachable network costs one time-out in all, and not one for each download.
  const settled = await Promise.all(
    outdated.map(async (artifact) => {
      report(artifact.id, 'obtaining');
      const sources = artifact.sources.map((source) => obtainSource(source, sourceOptions));
      return { artifact, sources: await Promise.all(sources) };
    }),
  );
  await rememberFailures(
    cacheDir,
    nowMs,
    settled.flatMap(({ sources }) => sources),
  );

  for (const { artifact, sources } of settled) {
    report(artifact.id, 'converting');
    const outcome = await makeArtifact(cacheDir, artifact, sources);
    if (outcome.ok) {
      files.push({ artifact, file: outcome.file });
      report(artifact.id, 'made');
      continue;
    }
    if (artifact.tier === 'base') throw new PrepareError(artifact.id, outcome.code, outcome.why);
    missing.push({ artifact, code: outcome.code, why: outcome.why });
    report(artifact.id, 'missing');
  }
  return {
    ...toPreparedModels(cacheDir, files),
    missing: missing.map(({ artifact, code, why }) => ({ id: artifact.id, code, why })),
    notices: [...notices, ...missingNotices(missing)],
  };
}

/**
 * Options as the settings of `models` give them.
 * @throws ConfigError when one does not fit
 */
export function prepareOptionsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Pick<PrepareOptions, 'cacheDir' | 'mirrorDir' | 'offline'> {
  const { modelMirror, offline } = readSettingsOf('models', environment);
  return {
    cacheDir: modelCacheDir(environment),
    offline: offline === '1',
    ...(modelMirror === '' ? {} : { mirrorDir: path.resolve(modelMirror) }),
  };
}

/** One line for each thing that a deployment lacks. Models with the same purpose share a line. */
function missingNotices(missing: readonly { readonly artifact: Artifact; readonly why: string }[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { artifact, why } of missing) {
    const line = `(${why}): ${artifact.withoutIt}`;
    lines.set(line, [...(lines.get(line) ?? []), artifact.id]);
  }
  return [...lines].map(([line, ids]) => `not available: ${ids.join(', ')} ${line}`);
}

async function rememberFailures(
  cacheDir: string,
  atMs: number,
  sources: readonly (ObtainedSource | MissingSource)[],
): Promise<void> {
  const failed = sources.flatMap((source) => (source.ok || !source.failed ? [] : [source.failed]));
  if (failed.length === 0) return;
  await updateCacheIndex(cacheDir, (index) => {
    for (const { url, why } of failed) index.failedDownloads[url] = { atMs, why };
  });
}
