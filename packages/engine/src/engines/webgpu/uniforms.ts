import type { UniformField } from './stock-backend';

const WORD_BYTES = 4;
const VEC4_WORDS = 4;

/**
 * The bytes of a WGSL struct of scalars and vectors in this order, with WGSL's alignment: a vec2 starts at a multiple of 8 bytes, a
 * vec3, a vec4 and TensorFlow.js' structs of 5 and 6 integers at a multiple of 16, and so does what follows these structs.
 *
 * Source: https://www.w3.org/TR/WGSL/#alignment-and-size
 */
export function packUniforms(fields: readonly UniformField[]): ArrayBuffer {
  let words = 0;
  let largest = 1;
  let previousLength = 0;
  const offsets = fields.map(({ data }) => {
    const length = Math.max(1, data.length);
    const alignment = previousLength > VEC4_WORDS ? VEC4_WORDS : alignmentWords(length);
    largest = Math.max(largest, alignment);
    const offset = roundUp(words, alignment);
    words = offset + length;
    previousLength = length;
    return offset;
  });
  const bytes = new ArrayBuffer(roundUp(words, largest) * WORD_BYTES);
  const integers = new Int32Array(bytes);
  const floats = new Float32Array(bytes);
  fields.forEach(({ type, data }, index) => {
    // A shape without dimensions is a scalar 1 in TensorFlow.js' structs.
    const values = data.length === 0 ? [1] : data;
    (type === 'float32' ? floats : integers).set(values, offsets[index]);
  });
  return bytes;
}

function alignmentWords(length: number): number {
  return length > 2 ? VEC4_WORDS : length;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
