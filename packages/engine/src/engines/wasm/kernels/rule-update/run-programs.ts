import type { KernelContext } from '../../kernel-context';
import { KERNEL_NUMBER } from '../../kernel-number';

import type { RuleProgram } from './rule-program';

/** A program with the weight that it runs on. */
export interface ProgramRun {
  readonly program: RuleProgram;
  /** The weight's values. */
  readonly size: number;
  /** Where each of its tensors lies. */
  readonly addresses: readonly number[];
  /** Three for each operation. */
  readonly factors: Float32Array;
}

/** Values of one weight that a tile updates. */
const VALUES_A_TILE = 16384;
const WORD_BYTES = 4;
const SUM_BYTES = 8;
/** Words of a program before its operations, of an operation, and of a row before its addresses: assembly/rule.ts has the same. */
const PROGRAM_WORDS = 5;
const OPERATION_WORDS = 5;
const ROW_WORDS = 4;

/** Runs a program for each weight, all in one job, and gives the sums that each program makes. */
export function runPrograms(context: KernelContext, runs: readonly ProgramRun[]): number[][] {
  const tiles = runs.map(({ size }) => Math.ceil(size / VALUES_A_TILE));
  const tileCount = tiles.reduce((sum, count) => sum + count, 0);
  const sumCount = Math.max(...runs.map(({ program }) => program.sumCount));
  const rowWords = ROW_WORDS + runs[0]!.addresses.length;
  const programs = [...new Set(runs.map(({ program }) => program))];
  const factors = [...new Set(runs.map((run) => run.factors))];
  const words =
    programs.reduce((sum, { operations }) => sum + PROGRAM_WORDS + OPERATION_WORDS * operations.length, 0) +
    factors.reduce((sum, { length }) => sum + length, 0) +
    tileCount * rowWords;
  const sumBytes = tileCount * sumCount * SUM_BYTES;
  return context.withBuffer(sumBytes + words * WORD_BYTES, (sums) => {
    const { buffer } = context.floatsAt(sums, 0);
    const doubles = new Float64Array(buffer, sums, tileCount * sumCount).fill(0);
    const writer = new WordWriter(sums + sumBytes, new Int32Array(buffer, sums + sumBytes, words));
    const programAddresses = new Map(
      programs.map((program) => [program, writer.write(programWords(program, rowWords - ROW_WORDS))]),
    );
    const factorAddresses = new Map(factors.map((values) => [values, writer.write(bitsOf(values))]));
    const table = writer.address;
    let tile = 0;
    for (const { program, size, addresses, factors: values } of runs) {
      for (let start = 0; start < size; start += VALUES_A_TILE) {
        writer.write([
          Math.min(VALUES_A_TILE, size - start),
          programAddresses.get(program)!,
          factorAddresses.get(values)!,
          sums + tile++ * sumCount * SUM_BYTES,
          ...addresses.map((address) => address + start * WORD_BYTES),
        ]);
      }
    }
    context.pool.run(KERNEL_NUMBER.rule, tileCount, [table, rowWords * WORD_BYTES]);
    return addUp(doubles, tiles, sumCount);
  });
}

function programWords(
  { operations, registerCount, sumCount, written }: RuleProgram,
  tensorCount: number,
): number[] {
  return [
    ...[operations.length, tensorCount, registerCount, sumCount, written],
    ...operations.flatMap(({ code, result, operands: [a = 0, b = 0, c = 0] }) => [code, result, a, b, c]),
  ];
}

const bitsOf = (values: Float32Array): Int32Array => new Int32Array(values.buffer);

/** Each weight's sums over its tiles, in the order of the tiles. */
function addUp(sums: Float64Array, tiles: readonly number[], sumCount: number): number[][] {
  let first = 0;
  return tiles.map((count) => {
    const totals = Array.from({ length: sumCount }, (_, sum) => {
      let total = 0;
      for (let tile = first; tile < first + count; tile++) total += sums[tile * sumCount + sum]!;
      return total;
    });
    first += count;
    return totals;
  });
}

/** Writes words one after the other. */
class WordWriter {
  private count = 0;

  constructor(
    private readonly start: number,
    private readonly view: Int32Array,
  ) {}

  /** Where the next word goes. */
  get address(): number {
    return this.start + this.count * WORD_BYTES;
  }

  /** The address of what was written. */
  write(words: ArrayLike<number>): number {
    const { address } = this;
    this.view.set(words, this.count);
    this.count += words.length;
    return address;
  }
}
