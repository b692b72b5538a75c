import type { ModelSpec } from './manifest.ts';
import { buildDlibNet } from './convert/dlib-net.ts';
import { ConversionError } from './convert/errors.ts';
import { buildMiniFasNet } from './convert/minifasnet.ts';
import { convertTfjsGraph } from './convert/convert-tfjs-graph.ts';

/** Must be raised by every change that alters the converted bytes, so that caches are converted again. */
export const CONVERTER_VERSION = 2;

/**
 * The ONNX file of a model.
 *
 * @param sources bytes of `spec.sources`, in their order
 * @throws ConversionError
 */
export function convertModel(spec: ModelSpec, sources: readonly Uint8Array[]): Uint8Array {
  const source = (index: number): Uint8Array => {
    const bytes = sources[index];
    if (bytes === undefined)
      throw new ConversionError('malformed-source', spec.id, 'a source file is missing');
    return bytes;
  };
  const { conversion, input, outputs } = spec;
  if (conversion.kind === 'tfjs-graph') {
    const wanted = outputs.map(({ name, shape }, index) => ({ node: conversion.nodes[index], name, shape }));
    return convertTfjsGraph(source(0), source(1), input.name, wanted);
  }
  if (conversion.kind === 'dlib-net') {
    return buildDlibNet(source(0), source(1), input.name, onlyOutput(spec));
  }
  if (conversion.kind === 'minifasnet') return buildMiniFasNet(source(0), input.name, onlyOutput(spec));
  conversion.kind satisfies 'none';
  return source(0);
}

function onlyOutput(spec: ModelSpec): string {
  const [output] = spec.outputs;
  if (output === undefined)
    throw new ConversionError('unexpected-shape', spec.id, 'the manifest names no output');
  return output.name;
}
