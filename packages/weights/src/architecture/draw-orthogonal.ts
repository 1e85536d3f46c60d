import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, type AddWeight } from '@zoo/core';

type Initializer = NonNullable<Parameters<AddWeight>[3]>;

/**
 * What drawing an orthogonal kernel of `shape`, [..., columns], takes, in multiplications: that of an LSTM of 512 units half a thousand
 * million, half a second.
 */
export function orthogonalWork(shape: readonly number[]): number {
  const { least, most } = sizesOf(shape);
  return least * least * most;
}

/**
 * The same draw as TensorFlow.js' `Orthogonal` makes, uniform over all orthogonal kernels, which there takes a minute where this takes a
 * second, and warns on the console: normal vectors, each made orthogonal to those before (Gram and Schmidt; Mezzadri 2007).
 */
export function orthogonalDraw(initializer: Initializer): Initializer {
  const { gain = 1, seed } = initializer.getConfig() as { gain?: number; seed?: number | null };
  const random = createRandom(seed ?? Math.floor(Math.random() * 2 ** 32)).fork('orthogonal');
  const draw = tfl.initializers.zeros();
  draw.apply = (shape) => {
    const { least, most, rows, columns } = sizesOf(shape as number[]);
    const vectors = Array.from({ length: least }, () =>
      Float64Array.from({ length: most }, () => random.normal()),
    );
    vectors.forEach(makeOrthonormal);
    const values = new Float32Array(least * most);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = rows < columns ? vectors[row]![column]! : vectors[column]![row]!;
        values[row * columns + column] = gain * value;
      }
    }
    return tf.tensor(values, shape as number[]);
  };
  return draw;
}

/** The vector without its parts along those before it in the list, and of length 1. */
function makeOrthonormal(vector: Float64Array, place: number, vectors: readonly Float64Array[]): void {
  for (let before = 0; before < place; before++)
    subtract(vector, vectors[before]!, dot(vector, vectors[before]!));
  const length = Math.sqrt(dot(vector, vector));
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum += left[i]! * right[i]!;
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, times: number): void {
  for (let i = 0; i < from.length; i++) from[i]! -= times * vector[i]!;
}

function sizesOf(shape: readonly number[]): { rows: number; columns: number; least: number; most: number } {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { rows, columns, least: Math.min(rows, columns), most: Math.max(rows, columns) };
}
