import type { Random } from '@zoo/core';

/** Multiplications of drawing an orthogonal kernel that take as long as drawing a weight of another. */
const MULTIPLICATIONS_A_WEIGHT = 20;

/**
 * As how many weights an orthogonal kernel of `shape`, [..., columns], counts besides its own, by the time and memory that drawing it
 * takes: that of an LSTM of 512 units as 29 million.
 */
export function orthogonalCost(shape: readonly number[]): number {
  const { least, most } = sizesOf(shape);
  // The vectors are of 64 bits.
  return 2 * least * most + Math.ceil((least * least * most) / MULTIPLICATIONS_A_WEIGHT);
}

/**
 * Fills a kernel of `shape` with orthogonal rows or columns of length `gain`, uniform over all such kernels, as Keras draws them: normal
 * vectors, each made orthogonal to those before (Gram and Schmidt; Mezzadri 2007).
 */
export function fillOrthogonal(
  values: Float32Array,
  shape: readonly number[],
  gain: number,
  random: Random,
): void {
  const { least, most, rows, columns } = sizesOf(shape);
  const vectors = Array.from({ length: least }, () =>
    Float64Array.from({ length: most }, () => random.normal()),
  );
  vectors.forEach(makeOrthonormal);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = rows < columns ? vectors[row]![column]! : vectors[column]![row]!;
      values[row * columns + column] = gain * value;
    }
  }
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
