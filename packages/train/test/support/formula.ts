/** The values that scripts/golden/train-optimizers.py makes: sin of the flat index, shifted by `phase`. */
export function formula(shape: readonly number[], phase: number): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length: count }, (_, index) => Math.sin(1.7 * index + phase));
}
