import * as tf from '@tensorflow/tfjs-core';
import { FUSED_KERNELS, type FusedKernelName } from '@zoo/core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { adamW, sgd, type Optimizer } from '../../src';
import { formula } from '../support/formula';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const SHAPES = [[2, 3], [3]] as const;

interface CpuBackend {
  data: { get(dataId: object): { values: Float32Array } };
}

type Update = (arrays: Float32Array[][], attributes: Record<string, number & number[]>) => void;

/** Registers an update kernel on the cpu backend that works in place on rows of arrays: weights, gradients, state. */
function registerInPlace(kernelName: FusedKernelName, rowCount: number, update: Update): void {
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const tensors = inputs as unknown as tf.TensorInfo[];
      const count = tensors.length / rowCount;
      const arrays = tensors.map(({ dataId }) => (backend as CpuBackend).data.get(dataId).values);
      const rows = Array.from({ length: rowCount }, (_, row) => arrays.slice(row * count, (row + 1) * count));
      update(rows, attrs as unknown as Record<string, number & number[]>);
      return [];
    },
  });
}

const momentumInPlace: Update = (
  [weights, gradients, velocities],
  { learningRate, momentum, nesterov, weightDecays, gradientScale },
) => {
  weights!.forEach((weight, index) => {
    weight.forEach((value, at) => {
      const gradient = gradientScale! * gradients![index]![at]! + weightDecays![index]! * value;
      const velocity = momentum! * velocities![index]![at]! + gradient;
      velocities![index]![at] = velocity;
      weight[at] = value - learningRate! * (nesterov ? gradient + momentum! * velocity : velocity);
    });
  });
};

const adamInPlace: Update = ([weights, gradients, firsts, seconds], attributes) => {
  const { learningRate, beta1, beta2, epsilon, step, weightDecays, gradientScale } = attributes;
  weights!.forEach((weight, index) => {
    weight.forEach((value, at) => {
      const gradient = gradientScale! * gradients![index]![at]!;
      const first = (firsts![index]![at] = beta1! * firsts![index]![at]! + (1 - beta1!) * gradient);
      const second = (seconds![index]![at] = beta2! * seconds![index]![at]! + (1 - beta2!) * gradient ** 2);
      const root = Math.sqrt(second / (1 - beta2! ** step!)) + epsilon!;
      const direction = (learningRate! / (1 - beta1! ** step!)) * (first / root);
      weight[at] = value * (1 - learningRate! * weightDecays![index]!) - direction;
    });
  });
};

function threeUpdates(optimizer: Optimizer, onStart?: (variables: tf.Variable[]) => void): Float32Array[] {
  const variables = SHAPES.map((shape) =>
    tf.tidy(() => tf.variable(tf.tensor(formula(shape, 0.3), [...shape]))),
  );
  onStart?.(variables);
  const state = optimizer.init(variables.map((variable, index) => ({ name: `weight${index}`, variable })));
  for (let step = 1; step <= 3; step++) {
    const gradients = SHAPES.map((shape) => tf.tensor(formula(shape, step), [...shape]));
    state.update(gradients, { learningRate: 0.1, step, gradientScale: 0.5 });
    tf.dispose(gradients);
  }
  const values = [...variables, ...state.slots.values()].map((variable) =>
    variable.dataSync<'float32'>().slice(),
  );
  state.dispose();
  variables.forEach((variable) => variable.dispose());
  return values;
}

afterEach(() => {
  for (const kernelName of [FUSED_KERNELS.sgdUpdate, FUSED_KERNELS.adamWUpdate]) {
    if ((tf.getKernel(kernelName, 'cpu') as unknown) !== undefined) tf.unregisterKernel(kernelName, 'cpu');
  }
});

describe('a fused update', () => {
  it.each([
    ['sgd', sgd({ momentum: 0.9, weightDecay: 0.1 }), FUSED_KERNELS.sgdUpdate, 3, momentumInPlace],
    [
      'sgd with nesterov',
      sgd({ momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
      FUSED_KERNELS.sgdUpdate,
      3,
      momentumInPlace,
    ],
    ['adamW', adamW({ weightDecay: 0.1 }), FUSED_KERNELS.adamWUpdate, 4, adamInPlace],
  ] as const)('of %s gives what stock operations give', (_name, optimizer, kernel, rows, update) => {
    const stock = threeUpdates(optimizer);
    registerInPlace(kernel, rows, update);
    const fused = threeUpdates(optimizer);
    fused.forEach((values, index) =>
      values.forEach((value, at) => expect(value).toBeCloseTo(stock[index]![at]!, 6)),
    );
  });

  it('takes new tensors from a kernel that can not write in place', () => {
    tf.registerKernel({
      kernelName: FUSED_KERNELS.sgdUpdate,
      backendName: 'cpu',
      kernelFunc: ({ inputs }) => {
        const tensors = inputs as unknown as tf.Tensor[];
        return [...tensors.slice(0, 2), ...tensors.slice(4)].map(({ shape }) => tf.fill(shape, 0.25));
      },
    });
    const values = threeUpdates(sgd({ momentum: 0.9 }));
    expect(values.flatMap((array) => [...array])).toEqual(Array.from({ length: 18 }, () => 0.25));
  });

  it('leaves a tensor alone that shares a weight’s memory', () => {
    registerInPlace(FUSED_KERNELS.sgdUpdate, 3, momentumInPlace);
    let copy: tf.Tensor | undefined;
    threeUpdates(sgd({ momentum: 0.9 }), ([first]) => {
      copy = tf.clone(first!);
    });
    expect([...copy!.dataSync<'float32'>()]).toEqual([...formula(SHAPES[0], 0.3)]);
    copy!.dispose();
  });
});
