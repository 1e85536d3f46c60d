import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { KERNEL_NUMBER } from '../src/engines/wasm/kernel-number';
import { OPERATION } from '../src/engines/wasm/kernels/rule-update/rule-steps';
import { JOB_OFFSETS } from '../src/engines/wasm/thread-pool';

const assembly = (name: string) => readFileSync(new URL(`../assembly/${name}`, import.meta.url), 'utf8');

describe('tables that the compiled kernels mirror', () => {
  it('number the kernels as assembly/tiles.ts does', () => {
    const cases = [...assembly('tiles.ts').matchAll(/case (\d+):\s+return (\w+)Tile\(/g)];
    expect(Object.fromEntries(cases.map(([, number, name]) => [name!, Number(number)]))).toEqual(
      KERNEL_NUMBER,
    );
  });

  it('number the operations of rules as assembly/rule.ts does', () => {
    const numbers = [...assembly('rule.ts').matchAll(/^const ([A-Z_]+): i32 = (\d+); \/\//gm)];
    const camelCase = (name: string): string =>
      name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    expect(Object.fromEntries(numbers.map(([, name, number]) => [camelCase(name!), Number(number)]))).toEqual(
      OPERATION,
    );
  });

  it('lay out a job as assembly/job.ts does', () => {
    const offset = (name: string) =>
      Number(new RegExp(`const ${name}: usize = (\\d+);`).exec(assembly('job.ts'))?.[1]);
    expect({ canBlock: offset('CAN_BLOCK'), kernel: offset('KERNEL') }).toEqual(JOB_OFFSETS);
    expect(offset('ARGUMENTS')).toBe(JOB_OFFSETS.kernel + Int32Array.BYTES_PER_ELEMENT);
  });
});
