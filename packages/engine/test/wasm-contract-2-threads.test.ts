import { afterAll, beforeAll, describe, test } from 'vitest';

import { startWasm, type StartedWasm } from '../src/engines/wasm/start-wasm';

import { contractCases } from './contract';

let engine: StartedWasm;
beforeAll(async () => {
  engine = await startWasm({ threads: 2 });
});
afterAll(() => engine.dispose());

describe('wasm on two threads', () => {
  for (const { name, check } of contractCases()) {
    test(name, () => check('wasm'));
  }
});
