import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';

import { selectEngine, startWasm, type SelectedEngine } from '../src';
import { contractCases } from '../test/contract';
import { forwardCases } from '../test/contract/forward-cases';

/** What the tests call in the page. */
export interface ContractPage {
  /** Starts wasm; the threads that it got. */
  startWasm(threads: number): Promise<number>;
  /** Starts WebGL or WebGPU, whatever draws; what it says of itself. */
  start(name: 'webgl' | 'webgpu'): Promise<string>;
  /** Runs a case of the contract on the engine that was started last. */
  check(caseIndex: number): Promise<void>;
  /** Runs every forward case on the engine that was started last; what each that failed said. */
  checkForward(): Promise<Record<string, string>>;
  /** Selects the best engine, wasm's files at an address of the page's choice or embedded. */
  select(wasmLocation?: string): Promise<Pick<SelectedEngine, 'name' | 'reason' | 'unavailable'>>;
  /** The values of a product of ones over an axis of 3, whose textures hold other values beside these. */
  oddProduct(): Promise<number[]>;
  /** 1,000 computed ones, read synchronously by the current engine. */
  readSynchronously(): Promise<number[]>;
}

const cases = contractCases();
let backend = '';

const page: ContractPage = {
  startWasm: async (threads) => {
    const engine = await startWasm({ threads });
    backend = 'wasm';
    return engine.threads;
  },
  start: async (name) => {
    const { reason } = await selectEngine({ prefer: name });
    backend = name;
    return reason;
  },
  check: async (caseIndex) => cases[caseIndex]!.check(backend),
  checkForward: async () => {
    const failures: Record<string, string> = {};
    for (const forwardCase of forwardCases()) {
      const { name } = forwardCase;
      await forwardCase.check(backend).catch((error: unknown) => {
        failures[name] = String(error);
      });
    }
    return failures;
  },
  select: async (wasmLocation) => {
    const { name, reason, unavailable } = await selectEngine(
      wasmLocation === undefined ? {} : { wasmLocation },
    );
    return { name, reason, unavailable };
  },
  oddProduct: async () => {
    await tf.setBackend('webgl');
    const product = tf.tidy(() => {
      // Large enough to be computed in textures, where exp leaves exp(0) = 1 beside the values.
      const [dy, weights] = [0, 0].map((value) => tf.exp(tf.fill([64, 3], value)));
      return tf.matMul(dy!, weights!, false, true);
    });
    return [...new Set(await product.data())];
  },
  readSynchronously: () =>
    Promise.resolve(tf.tidy(() => [...new Set(tf.exp(tf.zeros([1000])).dataSync<'float32'>())])),
};
Object.assign(globalThis, { contractPage: page });
