import { z } from 'zod';
import { ConversionError } from './errors.ts';
import { isGlobal, type PickleGlobal, type PickleHandlers, PickleReader } from './pickle.ts';
import { elementCount, type ShapedFloats } from './shape.ts';

/** First value of a file of torch.save before PyTorch 1.6. Source: torch/serialization.py, MAGIC_NUMBER. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

interface Storage {
  readonly kind: 'float' | 'long';
  readonly length: number;
  values: Float32Array | null;
}
interface TensorReference {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
}

const natural = z.number().int().nonnegative();
const storageId = z
  .tuple([z.literal('storage'), z.custom<PickleGlobal>(isGlobal), z.string(), z.string(), natural])
  .rest(z.unknown());

/**
 * Reads the float tensors of a state dict in the legacy torch stream. The stream consists of pickles for magic number,
 * protocol, system and state dict, then the storage keys, then each storage as a count and its values, and ends there.
 * Integer tensors (step counters) are left out. A leading `module.` is removed from names.
 *
 * @throws ConversionError `malformed-source` for any other kind of file
 */
export function readTorchStateDict(bytes: Uint8Array): Map<string, ShapedFloats> {
  const storages = new Map<string, Storage>();
  const references = new Map<unknown, TensorReference>();
  const reader = new PickleReader(bytes);

  if (reader.read(NO_OBJECTS) !== MAGIC_NUMBER) throw malformed('stream', 'not a legacy torch stream');
  if (reader.read(NO_OBJECTS) !== PROTOCOL_VERSION) throw malformed('stream', 'unknown protocol version');
  reader.read(NO_OBJECTS);
  const state = reader.read({
    persistent: (id) => storageOf(id, storages),
    reduce: (global, args) => {
      if (global === 'collections.OrderedDict' && args.length === 0) return new Map();
      if (global !== 'torch._utils._rebuild_tensor_v2') throw malformed(global, 'an unexpected call');
      const reference = tensorReference(args, storages);
      references.set(reference, reference);
      return reference;
    },
  });
  const keys = z.array(z.string()).safeParse(reader.read(NO_OBJECTS));
  if (!keys.success || !(state instanceof Map)) throw malformed('stream', 'no state dict with storages');
  readStorages(bytes, reader.offset, keys.data, storages);

  const tensors = new Map<string, ShapedFloats>();
  for (const [name, value] of state) {
    const reference = references.get(value);
    if (typeof name !== 'string' || reference === undefined) throw malformed(String(name), 'not a tensor');
    const { storage, offset, shape } = reference;
    if (storage.kind !== 'float') continue;
    const count = elementCount(shape);
    if (storage.values === null || offset + count > storage.length)
      throw malformed(name, 'values are missing');
    const data = storage.values.subarray(offset, offset + count);
    tensors.set(name.replace(/^module\./, ''), { shape, data });
  }
  return tensors;
}

const NO_OBJECTS: PickleHandlers = {
  persistent: () => {
    throw malformed('stream', 'a storage outside the state dict');
  },
  reduce: (global) => {
    throw malformed(global, 'an unexpected call');
  },
};

function storageOf(id: unknown, storages: Map<string, Storage>): Storage {
  const parsed = storageId.safeParse(id);
  if (!parsed.success) throw malformed('storage', 'an unreadable reference');
  const [, type, key, , length] = parsed.data;
  const known = storages.get(key);
  if (known !== undefined) return known;
  const kinds: Record<string, Storage['kind']> = {
    'torch.FloatStorage': 'float',
    'torch.LongStorage': 'long',
  };
  const kind = kinds[type.global];
  if (kind === undefined) throw new ConversionError('unsupported-operation', key, `storage ${type.global}`);
  const storage: Storage = { kind, length, values: null };
  storages.set(key, storage);
  return storage;
}

function tensorReference(args: readonly unknown[], storages: ReadonlyMap<string, Storage>): TensorReference {
  const known = new Set<unknown>(storages.values());
  const parsed = z
    .tuple([z.custom<Storage>((value) => known.has(value)), natural, z.array(natural), z.array(natural)])
    .rest(z.unknown())
    .safeParse(args);
  if (!parsed.success) throw malformed('tensor', 'unreadable arguments');
  const [storage, offset, shape, strides] = parsed.data;
  let dense = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] > 1 && strides[axis] !== dense) {
      throw new ConversionError('unsupported-operation', 'tensor', 'not stored contiguously');
    }
    dense *= shape[axis];
  }
  return { storage, offset, shape };
}

function readStorages(
  bytes: Uint8Array,
  start: number,
  keys: readonly string[],
  storages: ReadonlyMap<string, Storage>,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined) throw malformed(key, 'a storage that no tensor uses');
    const byteLength = storage.length * (storage.kind === 'float' ? 4 : 8);
    if (offset + 8 + byteLength > bytes.byteLength) throw malformed(key, 'the stream ends early');
    if (view.getBigUint64(offset, true) !== BigInt(storage.length)) throw malformed(key, 'counts disagree');
    const first = offset + 8;
    if (storage.kind === 'float') {
      storage.values = Float32Array.from({ length: storage.length }, (_, i) =>
        view.getFloat32(first + 4 * i, true),
      );
    }
    offset = first + byteLength;
  }
  if (offset !== bytes.byteLength)
    throw malformed('stream', `${bytes.byteLength - offset} bytes are left over`);
}

function malformed(node: string, detail: string): ConversionError {
  return new ConversionError('malformed-source', node, detail);
}
