import { GROUPED_KERNELS } from '@zoo/core';

import { IdScope } from '../id-scope';
import { attributeList } from '../operation';
import type { OperationAttribute, TensorFlowBackend } from '../tensorflow-backend';

import { fusedKernel, type TensorFlowKernel } from './tensorflow-kernel';

interface Window {
  readonly strides: readonly [number, number];
  readonly pad: 'valid' | 'same';
  readonly dilations: readonly [number, number];
}

/** TensorFlow counts the groups itself, by the channels that a filter lacks. */
function windowAttributes(
  backend: TensorFlowBackend,
  { strides, pad, dilations }: Window,
): OperationAttribute[] {
  return attributeList(backend, {
    strides: [1, ...strides, 1],
    dilations: [1, ...dilations, 1],
    padding: pad.toUpperCase(),
    data_format: 'NHWC',
  });
}

const groupedConvolutionKernel = fusedKernel(
  GROUPED_KERNELS.groupedConvolution,
  (backend, { x, filter }, attributes) =>
    backend.executeSingleOutput('Conv2D', windowAttributes(backend, attributes), [x, filter]),
);

const inputGradientKernel = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionInputGrad,
  (backend, { dy, filter }, attributes) => {
    const [dyId, filterId] = backend.getInputTensorIds([dy, filter]);
    return IdScope.run(backend, (scope) =>
      scope.execute('Conv2DBackpropInput', windowAttributes(backend, attributes), [
        scope.ints(attributes.inputShape),
        filterId!,
        dyId!,
      ]),
    );
  },
);

const filterGradientKernel = fusedKernel(
  GROUPED_KERNELS.groupedConvolutionFilterGrad,
  (backend, { x, dy }, attributes) => {
    const [xId, dyId] = backend.getInputTensorIds([x, dy]);
    return IdScope.run(backend, (scope) =>
      scope.execute('Conv2DBackpropFilter', windowAttributes(backend, attributes), [
        xId!,
        scope.ints(attributes.filterShape),
        dyId!,
      ]),
    );
  },
);

/** Grouped convolutions and their gradients, for a TensorFlow that {@link hasGroupedGradients}. */
export const groupedConvolutionKernels: readonly TensorFlowKernel[] = [
  groupedConvolutionKernel,
  inputGradientKernel,
  filterGradientKernel,
];

/**
 * True if this TensorFlow gives the gradients of grouped and dilated convolutions: by oneDNN on x86 processors, and by cuDNN. Without
 * either it refuses them.
 */
export function hasGroupedGradients(backend: TensorFlowBackend): boolean {
  const { binding } = backend;
  const window = windowAttributes(backend, { strides: [1, 1], pad: 'same', dilations: [2, 2] });
  const floats = (shape: readonly number[], length: number): number =>
    binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(length));
  const [x, filter] = [floats([1, 4, 4, 4], 64), floats([3, 3, 2, 4], 72)];
  const sizes = [
    [1, 4, 4, 4],
    [3, 3, 2, 4],
  ].map((shape) => binding.createTensor([4], binding.TF_INT32, Int32Array.from(shape))) as [number, number];
  const ids = [x, filter, ...sizes];
  const execute = (name: string, inputs: number[]): void => {
    for (const { id } of binding.executeOp(name, window, inputs, 1)) ids.push(id);
  };
  try {
    execute('Conv2DBackpropInput', [sizes[0], filter, x]);
    execute('Conv2DBackpropFilter', [x, sizes[1], x]);
    return true;
  } catch {
    return false;
  } finally {
    for (const id of ids) binding.deleteTensor(id);
  }
}
