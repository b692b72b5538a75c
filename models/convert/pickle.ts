import { ConversionError } from './errors.ts';

/** A Python global that a pickle names, such as `torch.FloatStorage`. It is never looked up or called. */
export interface PickleGlobal {
  readonly global: string;
}

/** Handlers for the references in a pickle. Every other reference is refused. */
export interface PickleHandlers {
  /** Resolves a persistent id. Torch uses them for references to raw storage. */
  readonly persistent: (id: unknown) => unknown;
  /** Resolves a call of a global with arguments. */
  readonly reduce: (global: string, args: readonly unknown[]) => unknown;
}

const MARK = Symbol('mark');
const MAX_PROTOCOL = 2;

/**
 * Reads pickles of plain data in protocols 0 to 2, as a stack machine for the few opcodes that such data needs. No code
 * of the file is executed. Source of the opcodes: Python's Lib/pickletools.py.
 */
export class PickleReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  /** Position after the last pickle read. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Reads the next pickle. Dictionaries become Maps, tuples and lists become arrays, None becomes null.
   * @throws ConversionError `malformed-source` or `unsupported-operation`
   */
  read(handlers: PickleHandlers): unknown {
    const stack: unknown[] = [];
    const memo = new Map<number, unknown>();
    const pop = (): unknown => {
      if (stack.length === 0) throw this.#malformed('the stack is empty');
      return stack.pop();
    };
    const top = (): unknown => stack.at(-1);
    const popToMark = (): unknown[] => {
      const at = stack.lastIndexOf(MARK);
      if (at < 0) throw this.#malformed('a mark is missing');
      const items = stack.splice(at);
      return items.slice(1);
    };
    for (;;) {
      const opcode = this.#take(1).toString('latin1');
      switch (opcode) {
        case '\x80': {
          const protocol = this.#take(1).readUInt8();
          if (protocol > MAX_PROTOCOL) throw this.#unsupported(`pickle protocol ${protocol}`);
          break;
        }
        case '.':
          return pop();
        case '(':
          stack.push(MARK);
          break;
        case '0':
          pop();
          break;
        case 'N':
          stack.push(null);
          break;
        case '\x88':
          stack.push(true);
          break;
        case '\x89':
          stack.push(false);
          break;
        case 'K':
          stack.push(this.#take(1).readUInt8());
          break;
        case 'M':
          stack.push(this.#take(2).readUInt16LE());
          break;
        case 'J':
          stack.push(this.#take(4).readInt32LE());
          break;
        case '\x8a':
          stack.push(this.#longInteger());
          break;
        case 'X':
          stack.push(this.#take(this.#take(4).readUInt32LE()).toString('utf8'));
          break;
        case 'c':
          stack.push({ global: `${this.#line()}.${this.#line()}` } satisfies PickleGlobal);
          break;
        case ')':
        case ']':
          stack.push([]);
          break;
        case '}':
          stack.push(new Map());
          break;
        case 't':
          stack.push(popToMark());
          break;
        case '\x85':
          stack.push([pop()]);
          break;
        case '\x86': {
          const second = pop();
          stack.push([pop(), second]);
          break;
        }
        case '\x87': {
          const third = pop();
          const second = pop();
          stack.push([pop(), second, third]);
          break;
        }
        case 'a': {
          const item = pop();
          this.#list(top()).push(item);
          break;
        }
        case 'e': {
          const items = popToMark();
          this.#list(top()).push(...items);
          break;
        }
        case 's': {
          const value = pop();
          const key = pop();
          this.#map(top()).set(key, value);
          break;
        }
        case 'u': {
          const items = popToMark();
          const map = this.#map(top());
          for (let i = 0; i + 1 < items.length; i += 2) map.set(items[i], items[i + 1]);
          break;
        }
        // BUILD sets attributes of an object. State dicts use it for version metadata only.
        case 'b':
          pop();
          break;
        case 'q':
          memo.set(this.#take(1).readUInt8(), top());
          break;
        case 'r':
          memo.set(this.#take(4).readUInt32LE(), top());
          break;
        case 'h':
          stack.push(this.#recall(memo, this.#take(1).readUInt8()));
          break;
        case 'j':
          stack.push(this.#recall(memo, this.#take(4).readUInt32LE()));
          break;
        case 'Q':
          stack.push(handlers.persistent(pop()));
          break;
        case 'R': {
          const args = this.#list(pop());
          const called = pop();
          if (!isGlobal(called)) throw this.#malformed('a call of something that is no global');
          stack.push(handlers.reduce(called.global, args));
          break;
        }
        default:
          throw this.#unsupported(`pickle opcode 0x${opcode.charCodeAt(0).toString(16)}`);
      }
    }
  }

  #take(count: number): Buffer {
    if (this.#offset + count > this.#bytes.length) throw this.#malformed('the stream ends early');
    this.#offset += count;
    return this.#bytes.subarray(this.#offset - count, this.#offset);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#offset);
    if (end < 0) throw this.#malformed('a line does not end');
    const text = this.#bytes.toString('latin1', this.#offset, end);
    this.#offset = end + 1;
    return text;
  }

  #longInteger(): bigint {
    const bytes = this.#take(this.#take(1).readUInt8());
    const magnitude = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    return BigInt.asIntN(8 * bytes.length, magnitude);
  }

  #recall(memo: ReadonlyMap<number, unknown>, index: number): unknown {
    if (!memo.has(index)) throw this.#malformed(`memo ${index} was never set`);
    return memo.get(index);
  }

  #list(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw this.#malformed('expected a list');
    return value;
  }

  #map(value: unknown): Map<unknown, unknown> {
    if (!(value instanceof Map)) throw this.#malformed('expected a dictionary');
    return value;
  }

  #malformed(detail: string): ConversionError {
    return new ConversionError('malformed-source', `pickle byte ${this.#offset}`, detail);
  }

  #unsupported(detail: string): ConversionError {
    return new ConversionError('unsupported-operation', `pickle byte ${this.#offset}`, detail);
  }
}

/** Whether a value read from a pickle is a Python global. */
export function isGlobal(value: unknown): value is PickleGlobal {
  return typeof value === 'object' && value !== null && 'global' in value;
}
