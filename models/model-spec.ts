import type { ModelId, SequenceModelId } from './ids.ts';

/** Base: inside npm packages or trained here, always present. Full: pinned downloads, used when they are available. */
export type Tier = 'base' | 'full';

export interface SourceFile {
  /** SHA-256 of the file in lower-case hexadecimal; a file with another hash is refused. */
  readonly sha256: string;
  readonly bytes: number;
  readonly from:
    | { readonly kind: 'package'; readonly packageName: string; readonly path: string }
    /** Made by our own training and kept in the repository; `path` is relative to its root. */
    | { readonly kind: 'repository'; readonly path: string }
    | { readonly kind: 'download'; readonly url: string; readonly fileName: string };
}

export interface Licence {
  readonly spdx: string;
  readonly attribution: string;
  /** Where the weights and their terms are published. */
  readonly origin: string;
  /** Training data of the weights, as far as their authors publish it. */
  readonly trainedOn: string;
  /** Training data that may restrict the use of the weights, in a few words; null: none is known. */
  readonly restrictingData: string | null;
}

export type PerChannel = readonly [number, number, number];

/**
 * How a pixel becomes an input value: input[c] = pixel[c] · scale[c] + offset[c], for pixels of 0..255, where c counts
 * in the order of `channelOrder`. A source with mean m and deviation s has scale = 1/s and offset = −m/s.
 */
export interface Normalisation {
  readonly channelOrder: 'rgb' | 'bgr';
  readonly scale: PerChannel;
  readonly offset: PerChannel;
}

export interface ImageInput {
  /** Name in the ONNX graph. The layout is planar: [batch, 3, height, width], float32. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** Whether several images may run in one call. */
  readonly batch: 'dynamic' | 'one';
  readonly normalisation: Normalisation;
}

/** A window of numbers, [batch, steps, features], float32. */
interface SequenceInput {
  /** Name in the ONNX graph. */
  readonly name: string;
  readonly steps: number;
  readonly features: number;
  readonly batch: 'dynamic';
}

interface ModelOutput {
  /** Name in the ONNX graph, float32. */
  readonly name: string;
  /** Shape without the leading batch. */
  readonly shape: readonly number[];
  readonly meaning: string;
}

/** How the source files, in their order, become an ONNX file. */
type Conversion =
  | { readonly kind: 'tfjs-graph' /** Source node of each output. */; readonly nodes: readonly string[] }
  | { readonly kind: 'dlib-net' }
  | { readonly kind: 'minifasnet' }
  /** The source is an ONNX file already. */
  | { readonly kind: 'none' };

export interface SpecOf<Id extends ModelId, Input extends ImageInput | SequenceInput> {
  readonly id: Id;
  readonly tier: Tier;
  readonly sources: readonly SourceFile[];
  readonly conversion: Conversion;
  readonly licence: Licence;
  readonly input: Input;
  readonly outputs: readonly ModelOutput[];
  /** What a deployment lacks without this model; one clause. */
  readonly withoutIt: string;
}

export type ModelSpec<Id extends ModelId = ModelId> = Id extends SequenceModelId
  ? SpecOf<Id, SequenceInput>
  : SpecOf<Id, ImageInput>;

export type BrowserAssetId = 'face-landmarker';

/** A file that the browser loads unchanged. */
export interface BrowserAsset {
  readonly id: BrowserAssetId;
  readonly tier: Tier;
  readonly fileName: string;
  readonly source: SourceFile;
  readonly licence: Licence;
  readonly withoutIt: string;
}
