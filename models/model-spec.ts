import type { ModelId, SequenceModelId } from './ids.ts';

/** Base: inside npm packages or trained by us, always there. Full: pinned downloads, used when they can be had. */
export type Tier = 'base' | 'full';

export interface SourceFile {
  /** Lower-case hexadecimal SHA-256 of the file; a file that does not match is refused. */
  readonly sha256: string;
  readonly bytes: number;
  readonly from:
    | { readonly kind: 'package'; readonly packageName: string; readonly path: string }
    /** Written by our own training and kept beside the code; the path is the repository's. */
    | { readonly kind: 'repository'; readonly path: string }
    | { readonly kind: 'download'; readonly url: string; readonly fileName: string };
}

export interface Licence {
  readonly spdx: string;
  readonly attribution: string;
  /** Where the weights and their terms can be read up. */
  readonly origin: string;
  /** Data that the weights were trained on, as far as their authors say. */
  readonly trainedOn: string;
  /** Training data that may restrict how the weights are used, in a few words; null: none is known. */
  readonly restrictingData: string | null;
}

export type PerChannel = readonly [number, number, number];

/**
 * How pixels become input values: input[c] = pixel[c] · scale[c] + offset[c] for pixels of 0..255, where c counts
 * through `channelOrder`. Where the source gives a mean m and deviation s: scale = 1/s, offset = −m/s.
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
export interface SequenceInput {
  /** Name in the ONNX graph. */
  readonly name: string;
  readonly steps: number;
  readonly features: number;
  readonly batch: 'dynamic';
}

export interface ModelOutput {
  /** Name in the ONNX graph, float32. */
  readonly name: string;
  /** Shape without the leading batch. */
  readonly shape: readonly number[];
  readonly meaning: string;
}

/** What turns the source files, in their order, into an ONNX file. */
export type Conversion =
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
  /** What a deployment goes without when this model is missing; one clause. */
  readonly withoutIt: string;
}

export type ModelSpec<Id extends ModelId = ModelId> = Id extends SequenceModelId
  ? SpecOf<Id, SequenceInput>
  : SpecOf<Id, ImageInput>;

export type BrowserAssetId = 'face-landmarker';

/** A file that the browser loads as it is. */
export interface BrowserAsset {
  readonly id: BrowserAssetId;
  readonly tier: Tier;
  readonly fileName: string;
  readonly source: SourceFile;
  readonly licence: Licence;
  readonly withoutIt: string;
}
