import { readFileSync } from 'node:fs';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { expect } from 'vitest';

/** One output in a fixture: evenly spaced values of it. */
interface GoldenOutput {
  readonly shape: readonly number[];
  readonly largest: number;
  readonly step: number;
  readonly values: readonly number[];
}

/** A fixture's outputs by name; scripts/golden/resnet_*.py write them. */
export function readGolden(name: string): Readonly<Record<string, GoldenOutput>> {
  const file = new URL(`fixtures/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, GoldenOutput>;
}

/** Fills all weights by the formula of scripts/golden/resnet_formula.py: a function of layer, kind and index. */
export function fillByFormula(model: tfl.LayersModel): void {
  tf.tidy(() => {
    for (const layer of model.layers) {
      if (layer.weights.length === 0) continue;
      const values = layer.weights.map((weight) => {
        const kind = weight.originalName.split('/').pop()!;
        const shape = weight.shape as number[];
        return tf.tensor(formulaWeight(layer.name, kind, shape), shape);
      });
      layer.setWeights(values);
    }
  });
}

function formulaWeight(layer: string, kind: string, shape: readonly number[]): Float32Array {
  const values = unit(`${layer}/${kind}`, tf.util.sizeFromShape([...shape]));
  if (kind.endsWith('kernel')) {
    const bound = Math.sqrt(6 / tf.util.sizeFromShape(shape.slice(0, -1)));
    return values.map((u) => (u * 2 - 1) * bound);
  }
  if (kind === 'gamma') return values.map((u) => 0.3 + 0.4 * u);
  if (kind === 'moving_variance') return values.map((u) => 0.5 + u);
  return values.map((u) => (u - 0.5) * 0.2);
}

/** The formula's picture. [1, height, width, 3] */
export function formulaPicture(height: number, width: number): tf.Tensor4D {
  const values = unit('picture', height * width * 3).map((u) => (u * 2 - 1) * 2);
  return tf.tensor4d(values, [1, height, width, 3]);
}

function unit(name: string, count: number): Float32Array {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (i + hash) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }
  return values;
}

/** Expects `output` to be the fixture's, to a ten thousandth of its largest value. */
export function expectGolden(output: tf.Tensor, golden: GoldenOutput | undefined): void {
  if (golden === undefined) throw new Error('The fixture lacks this output.');
  expect(output.shape).toEqual(golden.shape);
  const values = output.dataSync();
  const errors = golden.values.map((value, i) => Math.abs(values[i * golden.step]! - value));
  expect(Math.max(...errors) / golden.largest).toBeLessThan(1e-4);
}
