import type { Random } from '@zoo/core';

/** Bytes behind an operation, by its code: none where it is not listed. */
const FIXED: Readonly<Record<string, number>> = {
  K: 1,
  M: 2,
  J: 4,
  G: 8,
  h: 1,
  q: 1,
  j: 4,
  r: 4,
  '\x80': 1,
  '\x95': 8,
};
/** Width of the length of what follows. */
const PREFIXED: Readonly<Record<string, number>> = {
  X: 4,
  T: 4,
  B: 4,
  '\x8b': 4,
  '\x8c': 1,
  U: 1,
  C: 1,
  '\x8a': 1,
};

/** A list that holds itself twice, in 2^30 ways. */
const DOUBLED = Buffer.concat([
  Buffer.from(']q\xc8', 'latin1'),
  ...Array.from({ length: 30 }, (_, i) =>
    Buffer.from([0x5d, 0x28, 0x68, 200 + i, 0x68, 200 + i, 0x65, 0x71, 201 + i]),
  ),
  Buffer.from('0'),
]);

/** Pickles with one to three runs of their operations moved, doubled or there many times, numbers raised, names exchanged, or deep lists. */
export function restructurePickle(whole: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const { operations, rest } = split(Buffer.from(whole));
  const place = () => random.integer(0, operations.length - 1);
  for (let left = random.integer(1, 3); left > 0 && operations.length > 2; left--) {
    const at = place();
    const run = operations.slice(at, at + random.integer(1, 12));
    const numbers = operations.flatMap((each, i) => ('KMJhj'.includes(codeOf(each)) ? [i] : []));
    const kinds = [
      () => operations.splice(place(), 0, ...operations.splice(at, run.length)),
      () => operations.splice(at, 0, ...run),
      () => operations.splice(at, 0, ...Array.from({ length: random.integer(2, 500) }, () => run).flat()),
      () => operations.splice(at, run.length),
      () => operations.splice(at, 0, DOUBLED),
      () =>
        operations.splice(at, 0, Buffer.alloc(random.integer(1, 5000), pick(['(', ']', '}', ')'], random))),
      () =>
        operations.splice(
          at,
          0,
          ...Array.from({ length: random.integer(1, 3000) }, () => Buffer.from('\x85', 'latin1')),
        ),
      () => ([operations[at], operations[place()]] = [operations[place()]!, operations[at]!]),
      () => numbers.length > 0 && raise(operations, pick(numbers, random), random),
      () => numbers.length > 0 && raise(operations, pick(numbers, random), random),
    ];
    pick(kinds, random)();
  }
  return new Uint8Array(Buffer.concat([...operations, rest]));
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.integer(0, items.length - 1)]!;
}

function codeOf(operation: Buffer): string {
  return operation.toString('latin1', 0, 1);
}

function raise(operations: Buffer[], at: number, random: Random): void {
  const copy = Buffer.from(operations[at]!);
  const value = pick([0, 1, 2, 0x7f, 0xff], random);
  copy.fill(value, 1);
  operations[at] = copy;
}

/** The operations of the pickles that stand behind each other, and what follows them. */
function split(bytes: Buffer): { operations: Buffer[]; rest: Buffer } {
  const operations: Buffer[] = [];
  let at = 0;
  // A legacy file has five pickles before its numbers, an archive's member has one.
  for (let pickles = 0; pickles < 5 && bytes[at] === 0x80;) {
    const code = bytes.toString('latin1', at, at + 1);
    let next = at + 1;
    for (let isWithin = true; isWithin && at < bytes.length;) {
      const operation = bytes.toString('latin1', at, at + 1);
      next = at + 1 + operandBytes(bytes, at, operation);
      operations.push(bytes.subarray(at, next));
      at = next;
      isWithin = operation !== '.';
    }
    if (code !== '\x80') break;
    pickles++;
  }
  return { operations, rest: bytes.subarray(at) };
}

function operandBytes(bytes: Buffer, at: number, operation: string): number {
  if (Object.hasOwn(FIXED, operation)) return FIXED[operation]!;
  if (operation === 'c') {
    const first = bytes.indexOf(10, at);
    return bytes.indexOf(10, first + 1) - at;
  }
  if (!Object.hasOwn(PREFIXED, operation)) return 0;
  const width = PREFIXED[operation]!;
  return width + bytes.readUIntLE(at + 1, width);
}
