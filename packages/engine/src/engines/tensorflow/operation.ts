import type * as tf from '@tensorflow/tfjs-core';

import type { OperationAttribute, TensorFlowBackend } from './tensorflow-backend';

/** Attributes of a TensorFlow operation in plain values; see {@link attributeList}. */
export type OperationAttributes = Readonly<
  Record<string, number | boolean | string | readonly number[] | Float>
>;

/** A float attribute: JavaScript has one kind of number and TensorFlow tells integers and floats apart. */
export interface Float {
  readonly float: number;
}

/** `value` as a float attribute. */
export function float(value: number): Float {
  return { float: value };
}

/**
 * Attributes as the binding takes them: numbers as integers, {@link float} as floats; `T`, `U` and `dtype` are always float32.
 */
export function attributeList(
  { binding }: TensorFlowBackend,
  attributes: OperationAttributes,
  types: readonly string[] = ['T'],
): OperationAttribute[] {
  const list: OperationAttribute[] = types.map((name) => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: binding.TF_FLOAT,
  }));
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') list.push({ name, type: binding.TF_ATTR_STRING, value });
    else if (typeof value === 'boolean') list.push({ name, type: binding.TF_ATTR_BOOL, value });
    else if (typeof value === 'object' && 'float' in value)
      list.push({ name, type: binding.TF_ATTR_FLOAT, value: value.float });
    else list.push({ name, type: binding.TF_ATTR_INT, value });
  }
  return list;
}

/** A tensor that waits in the binding for as long as `use` runs. */
export function withScalars<Result>(
  { binding }: TensorFlowBackend,
  values: readonly number[],
  use: (ids: number[]) => Result,
): Result {
  const ids = values.map((value) => binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value)));
  try {
    return use(ids);
  } finally {
    ids.forEach((id) => {
      binding.deleteTensor(id);
    });
  }
}

/** An int32 vector that waits in the binding for as long as `use` runs. */
export function withInts<Result>(
  { binding }: TensorFlowBackend,
  values: readonly number[],
  use: (id: number) => Result,
): Result {
  const id = binding.createTensor([values.length], binding.TF_INT32, Int32Array.from(values));
  try {
    return use(id);
  } finally {
    binding.deleteTensor(id);
  }
}

/** A view of a tensor's values under another shape; shares them. */
export function reshaped(
  backend: TensorFlowBackend,
  tensor: tf.TensorInfo,
  shape: readonly number[],
): tf.Tensor {
  const [input] = backend.getInputTensorIds([tensor]);
  return withInts(backend, shape, (sizes) => {
    const attributes = [
      ...attributeList(backend, {}),
      { name: 'Tshape', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_INT32 },
    ];
    const [output] = backend.binding.executeOp('Reshape', attributes, [input!, sizes], 1);
    return backend.createOutputTensor(output!);
  });
}
