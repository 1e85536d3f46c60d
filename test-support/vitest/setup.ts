// Tests that start no engine compute on TensorFlow.js' cpu backend; core and layers bring none.
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeEach, expect, vi, type MockInstance } from 'vitest';

/**
 * Strictness for every test: a test that ends with more tensors than it began with has leaked, and one that writes to the
 * console has forgotten something. A file that builds shared models in beforeAll is counted from after that.
 */
interface TensorFlowEngine {
  memory(): { numTensors: number };
}

// TensorFlow.js keeps its engine on the global object, whichever copy of it a test loads.
const countTensors = (): number =>
  (globalThis as { _tfengine?: TensorFlowEngine })._tfengine?.memory().numTensors ?? 0;

// Printed once by the cpu backend in Node, and when a backend is replaced: not ours to silence.
const UPSTREAM =
  /^\s*={5,}|Hi, looks like you are running TensorFlow\.js|backend was already registered|already registered|Platform .* has already been (set|registered)/;

const METHODS = ['log', 'info', 'warn', 'error'] as const;
let tensorsBefore = 0;
let written: string[] = [];
let spies: MockInstance[] = [];

beforeEach(() => {
  written = [];
  spies = METHODS.map((method) => {
    const original = console[method].bind(console);
    return vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
      const text = values.map(String).join(' ');
      if (!UPSTREAM.test(text)) written.push(`console.${method}: ${text}`);
      original(...values);
    });
  });
  tensorsBefore = countTensors();
});

afterEach(() => {
  for (const spy of spies) spy.mockRestore();
  expect(written, 'a test wrote to the console').toEqual([]);
  expect(countTensors() - tensorsBefore, 'a test leaked tensors').toBeLessThanOrEqual(0);
});
