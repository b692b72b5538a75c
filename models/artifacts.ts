import { CONVERTER_VERSION, convertModel } from './convert-model.ts';
import type { ModelId } from './ids.ts';
import {
  BROWSER_ASSETS,
  type BrowserAssetId,
  MODEL_MANIFEST,
  type ModelSpec,
  type SourceFile,
  type Tier,
} from './manifest.ts';

export type ArtifactId = ModelId | BrowserAssetId;

/** A file of the cache: a converted model, or a browser asset, which is not changed. */
export interface Artifact {
  readonly id: ArtifactId;
  readonly tier: Tier;
  /** Name in the cache. */
  readonly fileName: string;
  readonly sources: readonly SourceFile[];
  /** Must change when `build` gives other bytes for the same sources. */
  readonly recipe: string;
  readonly withoutIt: string;
  /**
   * Makes the file's content from its sources.
   * @throws ConversionError
   */
  build(sources: readonly Uint8Array[]): Uint8Array;
}

/** The artifact of a model. */
export function modelArtifact(spec: ModelSpec): Artifact {
  return {
    id: spec.id,
    tier: spec.tier,
    fileName: `${spec.id}.onnx`,
    sources: spec.sources,
    recipe: spec.conversion.kind === 'none' ? 'copy' : `${spec.conversion.kind}@${CONVERTER_VERSION}`,
    withoutIt: spec.withoutIt,
    build: (sources) => convertModel(spec, sources),
  };
}

/** The artifacts of everything in the manifest. */
export const ARTIFACTS: readonly Artifact[] = [
  ...Object.values(MODEL_MANIFEST).map((spec: ModelSpec) => modelArtifact(spec)),
  ...Object.values(BROWSER_ASSETS).map(
    (asset): Artifact => ({
      id: asset.id,
      tier: asset.tier,
      fileName: asset.fileName,
      sources: [asset.source],
      recipe: 'copy',
      withoutIt: asset.withoutIt,
      build: ([source]) => source,
    }),
  ),
];
