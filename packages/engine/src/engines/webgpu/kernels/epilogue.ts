import type * as tf from '@tensorflow/tfjs-core';

import type { ProductActivation } from '../../../kernels/fused-activation';

import { activated } from './wgsl';

/** What becomes of each value of a pass before it is stored: mask(activation(value + addend)). All tensors have the result's size. */
export interface Epilogue {
  readonly addend?: tf.TensorInfo | undefined;
  readonly activation?: ProductActivation | undefined;
  /** Values become 0 where this is not above 0: the gradient of ReLU from its output. */
  readonly mask?: tf.TensorInfo | undefined;
}

/** `first` and then `next` as one epilogue; undefined where `next` begins with what comes before the end of `first`. */
export function joinEpilogues(first: Epilogue, next: Epilogue): Epilogue | undefined {
  const stages = (epilogue: Epilogue) => [
    epilogue.addend !== undefined,
    epilogue.activation !== undefined,
    epilogue.mask !== undefined,
  ];
  const begins = stages(next).indexOf(true);
  if (begins >= 0 && stages(first).lastIndexOf(true) >= begins) return undefined;
  return { ...first, ...next };
}

/** The tensors that an epilogue reads, by their names in {@link storeAfter}. */
export function epilogueBindings({ addend, mask }: Epilogue): Readonly<Record<string, tf.TensorInfo>> {
  return { ...(addend !== undefined && { addend }), ...(mask !== undefined && { mask }) };
}

/** An epilogue's part of a shader's label and key. */
export function epilogueLabel({ addend, activation, mask }: Epilogue): string {
  const parts = [addend && 'add', activation, mask && 'relu gradient'];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** Statements that store at `at` of `result` what becomes of `value`, an expression of a type. */
export function storeAfter(
  { addend, activation = 'linear', mask }: Epilogue,
  value: string,
  type: 'f32' | 'vec4f',
): string {
  const sum = addend === undefined ? value : `${value} + addend[at]`;
  const active = activated(activation, 'sum', type);
  const masked = mask === undefined ? active : `select(${type}(), ${active}, mask[at] > ${type}())`;
  return `let sum = ${sum}; result[at] = ${masked};`;
}
