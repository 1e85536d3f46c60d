import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';

import { modelWeights, type ModelWeight } from '../src/model/model-layers';

/** Throws unless each weight of `model` has the numbers that the file's table leads to, read as the format is described. */
export function expectSafetensorsValues(model: tfl.LayersModel, file: Uint8Array): void {
  const bytes = Buffer.from(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const table = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  for (const weight of modelWeights(model)) {
    // Names that nobody knows say nothing: their tensors go by their order, as in Keras' files.
    const range = table[weight.name]?.data_offsets;
    if (range !== undefined) expectNumbers(weight, bytes.subarray(start + range[0], start + range[1]));
  }
}

/**
 * Throws unless each weight of `model` has the numbers that model.json leads to: those of a group lie behind each other in its files.
 * TensorFlow.js' own reader, which would say the same, does not end on some of these files.
 */
export function expectManifestValues(model: tfl.LayersModel, file: Uint8Array, folder: string): void {
  const { weightsManifest } = JSON.parse(Buffer.from(file).toString('utf8')) as {
    weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
  };
  const numbers = new Map<string, Buffer>();
  for (const { paths, weights } of weightsManifest) {
    const bytes = Buffer.concat(paths.map((path) => readFileSync(join(folder, path))));
    let offset = 0;
    for (const { name, shape } of weights) {
      const end = offset + 4 * shape.reduce((product, size) => product * size, 1);
      numbers.set(name, bytes.subarray(offset, end));
      offset = end;
    }
  }
  for (const weight of modelWeights(model)) {
    const stored = numbers.get(weight.variable.originalName);
    if (stored !== undefined) expectNumbers(weight, stored);
  }
}

function expectNumbers({ name, variable }: ModelWeight, stored: Buffer): void {
  const values = variable.read().dataSync().slice();
  if (!stored.equals(Buffer.from(values.buffer))) throw new Error(`other numbers in ${name}`);
}
