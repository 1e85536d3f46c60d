import { ZooError } from '@zoo/core';

import { invalidFile, shownName, truncated } from '../source/byte-source';
import { LittleEndianReader } from '../source/little-endian-reader';

/** A name from a Python module, unresolved: nothing is imported, and only names on a list are accepted at all. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What a pickle called a name with, and the state that it gave to the result: data, never run. */
export class PickleObject {
  state: unknown = undefined;

  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
  ) {}
}

/** What a pickle's persistent reference says. */
export class PersistentReference {
  constructor(readonly id: unknown) {}
}

/** Names that weight files need. An object of any other stays outside: its file is refused, and says which. */
const ALLOWED = [
  /^collections OrderedDict$/,
  /^torch\._utils _rebuild_(tensor|tensor_v2|parameter)$/,
  /^torch (Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage$/,
  /^torch (Size|device|float32|float64|float16|bfloat16|int64|int32)$/,
  /^torch\.storage (UntypedStorage|TypedStorage|_LegacyStorage)$/,
  /^torch\.serialization _get_layout$/,
  // Accuracies and other single numbers that training scripts put beside the weights.
  /^numpy(\._core|\.core)?(\.multiarray)? (scalar|dtype|_reconstruct|ndarray)$/,
  /^_codecs encode$/,
  /^argparse Namespace$/,
  // Values that schedulers and training scripts store beside the weights. A MultiStepLR's milestones are a Counter.
  /^collections (Counter|defaultdict)$/,
  /^(pathlib(\._local)?) (Pure)?(Posix|Windows)?Path$/,
  /^datetime (date|datetime|timedelta)$/,
  /^torch\.torch_version TorchVersion$/,
  /^torch\.nn\.parameter Parameter$/,
  /^torch (uint8|int8|int16|bool|complex64|complex128)$/,
  /^numpy\.dtypes \w+DType$/,
  /^(builtins|__builtin__) (set|frozenset|bytearray|slice|complex|int|float|str|bool|list|dict|tuple)$/,
];

/** How to get weights alone out of a file that holds more. */
function adviceFor(module: string): string {
  return module.startsWith('__torch__')
    ? 'It is a TorchScript archive. Save its weights: torch.save(torch.jit.load(path).state_dict(), path).'
    : 'Save the state_dict only: torch.save(model.state_dict(), path).';
}

const MARK = Symbol('mark');
/** What the operations of one pickle may cost together: 100,000 tensors cost five million. */
const MAXIMUM_COST = 6_000_000;
/** Costs of operations that take more time or memory than others, which cost 1. */
const COSTS: Readonly<Record<number, number>> = {
  // An empty dictionary takes 200 bytes, a view of bytes no less.
  0x7d: 10,
  0x42: 10,
  0x43: 10,
  // A class, which is named once in a pickle, is looked up among those that are allowed.
  0x63: 40,
  0x93: 40,
  // Text must be decoded, and a long number summed byte by byte.
  0x58: 4,
  0x8c: 4,
  0x8d: 4,
  0x54: 4,
  0x55: 4,
  0x8a: 8,
  0x8b: 8,
  // A call may make a dictionary; one made of a list costs its length, too.
  0x52: 10,
  0x81: 10,
};

/** A pickled value, and where in the bytes its pickle ends. */
export interface Unpickled {
  readonly value: unknown;
  readonly end: number;
}

/**
 * Interprets one pickle (protocols 0 to 5, the operations that PyTorch's files use) without executing anything: names stay
 * names, calls become {@link PickleObject}s, dictionaries become Maps, and anything that is not on the list is refused.
 *
 * @throws ZooError 'unsupported' for a class that is not on the list, 'invalid-file' for what is no sound pickle.
 */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, fileName: string, start = 0): Unpickled {
  return new Unpickler(bytes, fileName, start).run();
}

class Unpickler extends LittleEndianReader {
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private cost = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, fileName: string, start: number) {
    super(bytes, fileName);
    this.position = start;
  }

  run(): Unpickled {
    for (;;) {
      const operation = this.u8();
      this.spend(COSTS[operation] ?? 1);
      if (operation === 0x2e) return { value: this.pop(), end: this.position };
      const literal = LITERALS[operation];
      if (literal !== undefined) this.stack.push(literal(this));
      else this.execute(operation);
    }
  }

  private spend(cost: number): void {
    this.cost += cost;
    if (this.cost > MAXIMUM_COST) throw invalidFile(this.fileName, 'holds a pickle beyond any sound size');
  }

  private execute(operation: number): void {
    const handler = HANDLERS[operation];
    if (handler === undefined) throw this.damaged();
    handler(this);
  }

  i32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  u64(): number {
    const value = this.view.getBigUint64(this.advance(8), true);
    if (value > BigInt(this.bytes.length)) throw truncated(this.fileName);
    return Number(value);
  }

  f64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end === -1) throw truncated(this.fileName);
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }

  /** A two's complement number of any length; a number where it fits, else a bigint. */
  long(length: number): number | bigint {
    // Numbers longer than the magic ones have no use and take long to read.
    if (length > 64) throw this.damaged();
    let value = 0n;
    const digits = this.take(length);
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!);
    if (length > 0 && digits[length - 1]! >= 128) value -= 1n << BigInt(8 * length);
    const plain = Number(value);
    return Number.isSafeInteger(plain) ? plain : value;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.damaged();
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.damaged();
    return this.stack.at(-1);
  }

  popToMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark === -1) throw this.damaged();
    return this.stack.splice(mark).slice(1);
  }

  popMany(count: number): unknown[] {
    if (this.stack.length < count) throw this.damaged();
    return this.stack.splice(this.stack.length - count);
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.memo.set(this.memo.size, this.top());
  }

  get(index: number): void {
    if (!this.memo.has(index)) throw this.damaged();
    this.stack.push(this.memo.get(index));
  }

  global(module: string, name: string): PickleGlobal {
    const full = `${module} ${name}`;
    if (ALLOWED.some((pattern) => pattern.test(full))) return new PickleGlobal(full);
    throw new ZooError(
      'unsupported',
      `Expected weights alone but ${this.fileName} holds a Python object of ${shownName(`${module}.${name}`)}, and nothing in a file is executed. ` +
        adviceFor(module),
    );
  }

  reduce(): void {
    const [callee, args] = this.popMany(2);
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) throw this.damaged();
    // A list in the memo may be made a dictionary of again and again.
    const [items] = args as unknown[];
    if (Array.isArray(items)) this.spend(items.length);
    this.push(reduced(callee.name, args));
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    // An ordered dictionary's own attributes (`_metadata`) say nothing about its weights.
    if (target instanceof PickleObject) target.state = state;
    else if (!(target instanceof Map)) throw this.damaged();
  }

  setItems(pairs: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map) || pairs.length % 2 !== 0) throw this.damaged();
    for (let i = 0; i < pairs.length; i += 2) target.set(pairs[i], pairs[i + 1]);
  }

  append(items: readonly unknown[]): void {
    const target = this.top();
    if (!Array.isArray(target)) throw this.damaged();
    for (const item of items) target.push(item);
  }

  damaged(): Error {
    return invalidFile(this.fileName, 'is no sound pickle');
  }
}

/** What a call makes: a dictionary, where the class is one, or a record of the call. */
function reduced(name: string, args: readonly unknown[]): unknown {
  if (name === 'collections OrderedDict') return dictionaryOf(args[0]);
  // Their items follow, or come as the dictionary that they are made from.
  if (name === 'collections Counter') return args[0] instanceof Map ? args[0] : new Map();
  if (name === 'collections defaultdict') return new Map();
  return new PickleObject(name, args);
}

function dictionaryOf(pairs: unknown): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  if (!Array.isArray(pairs)) return map;
  for (const pair of pairs) if (Array.isArray(pair)) map.set(pair[0], pair[1]);
  return map;
}

/** Operations that put a new value on the stack. */
const LITERALS: Readonly<Record<number, (pickle: Unpickler) => unknown>> = {
  0x28: () => MARK,
  0x7d: () => new Map(),
  0x5d: () => [],
  0x29: () => [],
  0x8f: () => [],
  0x4e: () => null,
  0x88: () => true,
  0x89: () => false,
  0x4a: (p) => p.i32(),
  0x4b: (p) => p.u8(),
  0x4d: (p) => p.u16(),
  0x8a: (p) => p.long(p.u8()),
  0x8b: (p) => p.long(p.u32()),
  0x47: (p) => p.f64(),
  0x58: (p) => p.text(p.u32()),
  0x8c: (p) => p.text(p.u8()),
  0x8d: (p) => p.text(p.u64()),
  0x54: (p) => p.text(p.u32()),
  0x55: (p) => p.text(p.u8()),
  0x42: (p) => p.take(p.u32()),
  0x43: (p) => p.take(p.u8()),
  0x63: (p) => p.global(p.line(), p.line()),
};

/** Operations that work on what is there. */
const HANDLERS: Readonly<Record<number, (pickle: Unpickler) => void>> = {
  0x80: (p) => void p.u8(),
  0x95: (p) => void p.take(8),
  0x71: (p) => p.put(p.u8()),
  0x72: (p) => p.put(p.u32()),
  0x94: (p) => p.memoize(),
  0x68: (p) => p.get(p.u8()),
  0x6a: (p) => p.get(p.u32()),
  0x51: (p) => p.push(new PersistentReference(p.pop())),
  0x52: (p) => p.reduce(),
  0x81: (p) => p.reduce(),
  0x62: (p) => p.build(),
  0x74: (p) => p.push(p.popToMark()),
  0x85: (p) => p.push(p.popMany(1)),
  0x86: (p) => p.push(p.popMany(2)),
  0x87: (p) => p.push(p.popMany(3)),
  0x73: (p) => p.setItems(p.popMany(2)),
  0x75: (p) => p.setItems(p.popToMark()),
  0x61: (p) => p.append(p.popMany(1)),
  0x65: (p) => p.append(p.popToMark()),
  0x90: (p) => void p.popToMark(),
  0x30: (p) => void p.pop(),
  0x31: (p) => void p.popToMark(),
  0x32: (p) => p.push(p.top()),
  0x93: (p) => {
    const [module, name] = p.popMany(2);
    if (typeof module !== 'string' || typeof name !== 'string') throw p.damaged();
    p.push(p.global(module, name));
  },
};
