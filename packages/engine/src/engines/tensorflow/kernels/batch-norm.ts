import type * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS } from '@zoo/core';

import { attributeList, float, reshaped, withScalars } from '../operation';
import type { BindingTensor, TensorFlowBackend } from '../tensorflow-backend';

import { fusedKernel } from './tensorflow-kernel';

const DATA_FORMAT = { data_format: 'NHWC', is_training: true } as const;

/**
 * Batch normalisation by the batch's statistics: TensorFlow's FusedBatchNormV3.
 *
 * Its second variance output is Bessel-corrected and its reserve spaces are private to it: on the processor the second is the
 * biased variance, on a GPU cuDNN's 1 / sqrt(variance + epsilon), and there the third is cuDNN's workspace of any length.
 * The kernel's own `reserve` is the contract's 1 / sqrt(variance + epsilon), with that workspace appended if it isn't empty.
 */
export const batchNormKernel = fusedKernel(
  FUSED_KERNELS.batchNorm,
  (backend, { x, scale, offset }, { epsilon }) => {
    const { binding, isUsingGpuDevice: isGpu } = backend;
    const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return withFourAxes(backend, [x], ([image]) => {
      const attributes = attributeList(backend, { ...DATA_FORMAT, epsilon: float(epsilon) }, ['T', 'U']);
      const ids = backend.getInputTensorIds([image!, scale, offset]);
      const outputs = withEmpty(backend, (empty) =>
        binding.executeOp('FusedBatchNormV3', attributes, [...ids, empty, empty], 6),
      );
      const [y, mean, unbiased, , saved, workspace] = outputs as Six<BindingTensor>;
      const variance = isGpu ? scaledBy(backend, unbiased.id, Math.max(0, rows - 1) / rows) : saved;
      const reserve = isGpu ? appended(backend, saved, workspace) : inverseRoot(backend, saved.id, epsilon);
      const kept = [y, mean, variance, reserve] as const;
      deleteOthers(backend, outputs, kept);
      return outputTensors(backend, kept);
    });
  },
);

/** The gradient: TensorFlow's FusedBatchNormGradV3, given its reserve spaces back. */
export const batchNormGradKernel = fusedKernel(
  FUSED_KERNELS.batchNormGrad,
  (backend, { dy, x, scale, batchMean, reserve }, { epsilon }) => {
    const { binding, isUsingGpuDevice: isGpu } = backend;
    return withFourAxes(backend, [dy, x], (images) => {
      const attributes = attributeList(backend, { ...DATA_FORMAT, epsilon: float(epsilon) }, ['T', 'U']);
      const ids = backend.getInputTensorIds([...images, scale, batchMean]);
      const [reserveId] = backend.getInputTensorIds([reserve]);
      const [channels] = scale.shape as [number];
      const outputs = isGpu
        ? withSplit(backend, reserveId!, channels, reserve.shape[0]! - channels, (saved, workspace) =>
            binding.executeOp('FusedBatchNormGradV3', attributes, [...ids, saved, workspace], 5),
          )
        : withVariance(backend, reserveId!, epsilon, (variance) =>
            binding.executeOp('FusedBatchNormGradV3', attributes, [...ids, variance, variance], 5),
          );
      const [dx, dScale, dOffset] = outputs as Three<BindingTensor>;
      const kept = [dx, dScale, dOffset] as const;
      deleteOthers(backend, outputs, kept);
      return outputTensors(backend, kept);
    });
  },
);

type Three<Item> = [Item, Item, Item, ...Item[]];
type Six<Item> = [Item, Item, Item, Item, Item, Item];

/** Runs `use` on images [rows, 1, 1, C] that share the tensors' values; the first output takes the tensors' shape again. */
function withFourAxes<Others extends tf.Tensor[]>(
  backend: TensorFlowBackend,
  tensors: readonly tf.TensorInfo[],
  use: (images: readonly tf.TensorInfo[]) => [tf.Tensor, ...Others],
): [tf.Tensor, ...Others] {
  const { shape } = tensors[0]!;
  if (shape.length === 4) return use(tensors);
  const channels = shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const images = tensors.map((tensor) => reshaped(backend, tensor, [rows, 1, 1, channels]));
  const [image, ...others] = use(images);
  const output = reshaped(backend, image, shape);
  [...images, image].forEach((tensor) => {
    tensor.dispose();
  });
  return [output, ...others];
}

/** The binding's tensors as TensorFlow.js'. */
function outputTensors<Kept extends readonly BindingTensor[]>(
  backend: TensorFlowBackend,
  kept: Kept,
): { -readonly [Index in keyof Kept]: tf.Tensor } {
  return kept.map((tensor) => backend.createOutputTensor(tensor)) as {
    -readonly [Index in keyof Kept]: tf.Tensor;
  };
}

function withEmpty<Result>({ binding }: TensorFlowBackend, use: (id: number) => Result): Result {
  const id = binding.createTensor([0], binding.TF_FLOAT, new Float32Array(0));
  try {
    return use(id);
  } finally {
    binding.deleteTensor(id);
  }
}

function inverseRoot(backend: TensorFlowBackend, varianceId: number, epsilon: number): BindingTensor {
  return withScalars(backend, [epsilon], ([epsilonId]) => {
    const sum = execute(backend, 'AddV2', [varianceId, epsilonId!]);
    const root = execute(backend, 'Rsqrt', [sum.id]);
    backend.binding.deleteTensor(sum.id);
    return root;
  });
}

/** The variance that gave `reserve`; the gradient adds epsilon to it again, so that what rounding leaves of it is enough. */
function withVariance<Result>(
  backend: TensorFlowBackend,
  reserveId: number,
  epsilon: number,
  use: (varianceId: number) => Result,
): Result {
  const { binding } = backend;
  return withScalars(backend, [epsilon], ([epsilonId]) => {
    const square = execute(backend, 'Square', [reserveId]);
    const sum = execute(backend, 'Reciprocal', [square.id]);
    const variance = execute(backend, 'Sub', [sum.id, epsilonId!]);
    try {
      return use(variance.id);
    } finally {
      [square, sum, variance].forEach(({ id }) => {
        binding.deleteTensor(id);
      });
    }
  });
}

function scaledBy(backend: TensorFlowBackend, id: number, factor: number): BindingTensor {
  return withScalars(backend, [factor], ([factorId]) => execute(backend, 'Mul', [id, factorId!]));
}

function appended(backend: TensorFlowBackend, saved: BindingTensor, workspace: BindingTensor): BindingTensor {
  if (workspace.shape.length !== 1 || workspace.shape[0] === 0) return saved;
  const { binding } = backend;
  const axis = binding.createTensor([], binding.TF_INT32, Int32Array.of(0));
  const attributes = [
    ...attributeList(backend, { N: 2 }),
    { name: 'Tidx', type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
  ];
  const [joined] = binding.executeOp('ConcatV2', attributes, [saved.id, workspace.id, axis], 1);
  binding.deleteTensor(axis);
  return joined!;
}

function withSplit<Result>(
  backend: TensorFlowBackend,
  reserveId: number,
  channels: number,
  workspaceLength: number,
  use: (savedId: number, workspaceId: number) => Result,
): Result {
  if (workspaceLength === 0) return withEmpty(backend, (empty) => use(reserveId, empty));
  const { binding } = backend;
  const sizes = binding.createTensor([2], binding.TF_INT32, Int32Array.of(channels, workspaceLength));
  const axis = binding.createTensor([], binding.TF_INT32, Int32Array.of(0));
  const attributes = [
    ...attributeList(backend, { num_split: 2 }),
    { name: 'Tlen', type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
  ];
  const parts = binding.executeOp('SplitV', attributes, [reserveId, sizes, axis], 2);
  const ids = [...parts.map(({ id }) => id), sizes, axis];
  try {
    return use(ids[0]!, ids[1]!);
  } finally {
    ids.forEach((id) => {
      binding.deleteTensor(id);
    });
  }
}

function execute(backend: TensorFlowBackend, operation: string, ids: readonly number[]): BindingTensor {
  return backend.binding.executeOp(operation, attributeList(backend, {}), ids, 1)[0]!;
}

function deleteOthers(
  { binding }: TensorFlowBackend,
  all: readonly BindingTensor[],
  kept: readonly BindingTensor[],
): void {
  for (const tensor of all) {
    if (!kept.includes(tensor)) binding.deleteTensor(tensor.id);
  }
}
