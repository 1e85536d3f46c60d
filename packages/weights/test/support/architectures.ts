import { readFileSync } from 'node:fs';

import { unzipSync, zipSync } from 'fflate';

/** A JSON file of what is given. */
export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** An object of Keras as its JSON has it: a layer, a model, an initializer. */
export const kerasObject = (class_name: string, config: object = {}) => ({ class_name, config });

/** A sequential model that takes examples of `shape`. */
export function sequential(shape: readonly number[], ...layers: readonly object[]): object {
  const input = kerasObject('InputLayer', { name: 'in', batch_input_shape: [null, ...shape] });
  return kerasObject('Sequential', { name: 'model', layers: [input, ...layers] });
}

/** An LSTM, whose recurrent kernel is orthogonal. */
export function recurrent(units: number): object {
  const recurrent_initializer = kerasObject('Orthogonal', { gain: 2, seed: 3 });
  return sequential([4, 2], kerasObject('LSTM', { name: 'lstm', units, recurrent_initializer }));
}

/** A `.keras` archive with another architecture than it has weights for. */
export function kerasArchive(architecture: object): Uint8Array<ArrayBuffer> {
  const whole = readFileSync(new URL('../fixtures/keras3.keras', import.meta.url));
  return zipSync({ ...unzipSync(whole), 'config.json': jsonBytes(architecture) });
}
