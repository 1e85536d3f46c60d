import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining, softmaxCrossEntropy, type Random } from '@zoo/core';

import { expectClose, randomTensor, sameAsCpu, valuesOn, type ContractCase } from './contract-case';

/** Matrix products, with every transpose, batches and broadcasting. */
export function matMulCases(): ContractCase[] {
  const shapes = [
    [
      [3, 5],
      [5, 7],
    ],
    [
      [1, 2048],
      [2048, 10],
    ],
    [
      [33, 17],
      [17, 65],
    ],
    [
      [4, 3, 5],
      [4, 5, 9],
    ],
    [
      [1, 6, 4],
      [3, 4, 2],
    ],
  ] as const;
  const products = shapes.flatMap(([a, b]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) =>
        sameAsCpu(
          `matMul ${a.join('x')} by ${b.join('x')}, transposes ${transposeA} ${transposeB}, and its gradients`,
          (random) => {
            const left = randomTensor(random.fork('a'), transposeA ? swapLast(a) : a);
            const right = randomTensor(random.fork('b'), transposeB ? swapLast(b) : b);
            const apply = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
            const product = apply(left, right);
            return [
              product,
              ...tf.grads(apply)([left, right], randomTensor(random.fork('dy'), product.shape)),
            ];
          },
        ),
      ),
    ),
  );
  const fused = (['relu', 'elu', 'prelu'] as const).map((activation) =>
    sameAsCpu(`fused matMul with ${activation}`, (random) => [
      tf.fused.matMul({
        a: randomTensor<tf.Rank.R2>(random.fork('a'), [5, 13]),
        b: randomTensor<tf.Rank.R2>(random.fork('b'), [13, 9]),
        bias: randomTensor(random.fork('bias'), [9]),
        activation,
        ...(activation === 'prelu' && { preluActivationWeights: randomTensor(random.fork('prelu'), [9]) }),
      }),
    ]),
  );
  return [...products, ...fused, ...BROADCAST_BATCHES.map(broadcastMatMulCase)];
}

const BROADCAST_BATCHES = [
  [[2], [1]],
  [[], [3]],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [2, 3],
    [2, 1],
  ],
  [[3], [2, 3]],
] as const;

/** Against the product of operands that were made as large first: tfjs's own cpu engine has broadcasting wrong. */
function broadcastMatMulCase([aBatch, bBatch]: (typeof BROADCAST_BATCHES)[number]): ContractCase {
  const [aShape, bShape] = [
    [...aBatch, 3, 4],
    [...bBatch, 4, 5],
  ];
  const outBatch = tf.broadcast_util.assertAndGetBroadcastShape([...aBatch], [...bBatch]);
  const productAndGradients = (apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (random: Random) => {
    const operands = [randomTensor(random.fork('a'), aShape), randomTensor(random.fork('b'), bShape)];
    const dy = randomTensor(random.fork('dy'), [...outBatch, 3, 5]);
    return [apply(operands[0]!, operands[1]!), ...tf.grads(apply)(operands, dy)];
  };
  return sameAsCpu(
    `matMul of batches ${JSON.stringify(aBatch)} by ${JSON.stringify(bBatch)} and its gradients`,
    productAndGradients((a, b) => tf.matMul(a, b)),
    1e-4,
    productAndGradients((a, b) =>
      tf.matMul(tf.broadcastTo(a, [...outBatch, 3, 4]), tf.broadcastTo(b, [...outBatch, 4, 5])),
    ),
  );
}

function swapLast(shape: readonly number[]): number[] {
  return [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];
}

/** Batch normalisation, forward and backward, on odd shapes and far from zero. */
export function batchNormCases(): ContractCase[] {
  const shapes = [
    [2, 1, 1, 1],
    [2, 3, 3, 5],
    [1, 9, 7, 64],
    [64, 7],
    [3, 17, 19, 37],
    [2, 2, 2, 2048],
    [2, 40, 40, 33],
  ];
  const moving = [
    [2, 3, 3, 5],
    [1, 9, 7, 64],
  ].map((shape) =>
    sameAsCpu(`batch norm of ${shape.join('x')} moves its averages`, (random) => {
      const [scale, offset, ...averages] = ['scale', 'offset', 'mean', 'variance'].map((name) =>
        randomTensor<tf.Rank.R1>(random.fork(name), [shape.at(-1)!]),
      );
      const [mean, variance] = averages.map((average) => tf.variable(average, false));
      const x = randomTensor(random.fork('x'), shape, 3);
      const y = batchNormTraining(x, scale!, offset!, {
        movingAverages: { mean: mean!, variance: variance!, momentum: 0.9 },
      });
      const moved = [tf.mul(mean!, 1), tf.mul(variance!, 1)];
      tf.dispose([mean!, variance!]);
      // Those from which the averages started stay as they were.
      return [y, ...moved, ...averages];
    }),
  );
  const plain = shapes.map((shape) =>
    sameAsCpu(`batch norm of ${shape.join('x')} and its gradient`, (random) => {
      const channels = shape.at(-1)!;
      const apply = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
        batchNormTraining(x, scale as tf.Tensor1D, offset as tf.Tensor1D);
      const inputs = [
        randomTensor(random.fork('x'), shape, 3),
        randomTensor(random.fork('scale'), [channels]),
        randomTensor(random.fork('offset'), [channels]),
      ] as const;
      const dy = randomTensor(random.fork('dy'), shape);
      return [apply(...inputs), ...tf.grads(apply)([...inputs], dy)];
    }),
  );
  return [...plain, ...moving];
}

const POOLINGS = [
  { x: [2, 7, 9, 5], size: 3, strides: 2, pad: 'same' },
  { x: [2, 8, 8, 8], size: 2, strides: 2, pad: 'valid' },
  { x: [1, 11, 6, 70], size: 3, strides: 1, pad: 1 },
  { x: [1, 4, 4, 3], size: [3, 2], strides: [1, 2], pad: 'same' },
  {
    x: [2, 9, 9, 4],
    size: 3,
    strides: 2,
    pad: [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  },
] as const satisfies readonly { x: readonly number[]; size: unknown; strides: unknown; pad: unknown }[];

/** Pooling with negative windows and ties; average-pooling's gradient against its own transpose. */
export function poolingCases(): ContractCase[] {
  return POOLINGS.flatMap((pooling) => {
    const words = `${pooling.x.join('x')} by ${JSON.stringify(pooling.size)} strides ${JSON.stringify(pooling.strides)} pad ${JSON.stringify(pooling.pad)}`;
    const apply = (x: tf.Tensor, kind: 'maxPool' | 'avgPool') =>
      tf[kind](x as tf.Tensor4D, pooling.size as number, pooling.strides as number, pooling.pad as number);
    // Most values are negative, so that windows have a maximum that is not positive.
    const distinct = (random: Random) => randomTensor(random.fork('x'), pooling.x, -1);
    const input = (random: Random) => tf.mul(tf.round(tf.mul(distinct(random), 2)), 0.5);
    const maxPoolCase = (name: string, values: (random: Random) => tf.Tensor) =>
      sameAsCpu(name, (random) => {
        const x = values(random);
        const y = apply(x, 'maxPool');
        const gradient = tf.grad((value: tf.Tensor) => apply(value, 'maxPool'));
        return [y, gradient(x, randomTensor(random.fork('dy'), y.shape))];
      });
    return [
      maxPoolCase(`max-pool ${words} and its gradient`, distinct),
      maxPoolCase(`max-pool ${words} of ties and its gradient`, input),
      sameAsCpu(`average-pool ${words}`, (random) => [apply(input(random), 'avgPool')]),
      averagePoolGradientCase(words, pooling.x, (x) => apply(x, 'avgPool')),
    ];
  });
}

/** dx = A^T dy, where A's columns are the pooled unit vectors: tfjs's cpu engine has this gradient wrong with 'same'. */
function averagePoolGradientCase(
  words: string,
  [, height, width, channels]: readonly number[],
  apply: (x: tf.Tensor) => tf.Tensor,
): ContractCase {
  return {
    name: `gradient of average-pool ${words}`,
    async check(backend) {
      const size = height! * width!;
      const dyOf = (shape: number[]) =>
        tf.tensor(
          Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i)),
          shape,
        );
      const [expected] = await valuesOn('cpu', () => {
        const units = tf.reshape(tf.eye(size), [size, height!, width!, 1]);
        const pooled = tf.reshape(apply(units), [size, -1]);
        const dy = tf.squeeze(dyOf([1, pooled.shape[1]!, channels!]), [0]);
        return [tf.matMul(pooled, dy)];
      });
      const [actual] = await valuesOn(backend, () => {
        const x = tf.zeros([1, height!, width!, channels!]);
        return [tf.grad(apply)(x, dyOf(apply(x).shape))];
      });
      expectClose(actual!, expected!, 1e-5, 'the gradient');
    },
  };
}

/** Where a box begins, its size and that of the tensor: runs of one value, of whole rows and of whole axes, and more axes than runs have. */
const BOXES: readonly (readonly [from: readonly number[], size: readonly number[], of: readonly number[]])[] =
  [
    [[3], [5], [9]],
    [
      [1, 2],
      [2, 9],
      [4, 18],
    ],
    [
      [0, 3],
      [200, 1],
      [200, 7],
    ],
    [
      [2, 0],
      [3, 7],
      [6, 7],
    ],
    [
      [0, 0, 5],
      [3, 4, 2],
      [3, 4, 9],
    ],
    [
      [1, 0, 1],
      [2, 4, 3],
      [3, 4, 5],
    ],
    [
      [0, 1, 0, 0],
      [2, 3, 5, 6],
      [2, 5, 5, 6],
    ],
    [
      [1, 1, 2, 3],
      [1, 4, 3, 2],
      [2, 6, 7, 8],
    ],
    [
      [0, 1, 2, 0],
      [2, 12, 13, 300],
      [2, 14, 15, 300],
    ],
    [
      [0, 1, 0, 2, 0],
      [2, 2, 3, 2, 4],
      [2, 4, 3, 5, 4],
    ],
    [
      [1, 0, 1, 0, 1],
      [2, 2, 2, 2, 2],
      [3, 3, 3, 3, 3],
    ],
    [
      [0, 0, 0],
      [0, 2, 2],
      [3, 2, 2],
    ],
  ];

/** A value for each channel, for each picture's, for each row's; and for what is not the last axis, or of too few values to share out. */
const CHANNEL_SHAPES = [
  { large: [3, 9, 7, 37], small: [37] },
  { large: [3, 9, 7, 37], small: [3, 1, 1, 37] },
  { large: [2, 33, 34, 6], small: [2, 33, 1, 6] },
  { large: [2, 33, 4, 36], small: [1, 33, 4, 36] },
  { large: [3, 12, 9, 16], small: [1, 1, 1, 16] },
  { large: [600, 8], small: [1, 8] },
  { large: [3, 40, 9, 16], small: [3, 1, 9, 16] },
  { large: [5, 6, 7, 8], small: [5, 6, 7, 1] },
  { large: [5, 2, 3, 4], small: [5, 1, 1, 4] },
] as const;

/** Reductions, ReLU, sums, inference batch norm, boxes cut out, cross-entropy. */
export function smallKernelCases(): ContractCase[] {
  const shape = [3, 5, 7, 37];
  const one = (name: string, compute: (x: tf.Tensor4D, random: Random) => tf.Tensor[]) =>
    sameAsCpu(name, (random) => compute(randomTensor<tf.Rank.R4>(random.fork('x'), shape), random));
  const vector = (random: Random, name: string) => randomTensor<tf.Rank.R1>(random.fork(name), [37]);
  return [
    one('means over height and width', (x) => [tf.mean(x, [1, 2]), tf.mean(x, [1, 2], true), tf.mean(x, 0)]),
    one('sums over leading axes', (x) => [tf.sum(x, [0, 1, 2]), tf.sum(x, 1), tf.sum(x, [0, 1], true)]),
    one('sums over other axes', (x) => [tf.sum(x, [0, 2]), tf.sum(x), tf.sum(x, -1), tf.mean(x, [1, 3])]),
    one('relu and its gradient', (x, random) => [
      tf.relu(x),
      tf.grad((value: tf.Tensor) => tf.relu(value))(x, randomTensor(random.fork('dy'), shape)),
    ]),
    one('sum of two tensors', (x, random) => [
      tf.add(x, randomTensor(random.fork('y'), shape)),
      tf.add(x, vector(random, 'y')),
      tf.add(x, 1),
    ]),
    ...CHANNEL_SHAPES.map(({ large, small }) =>
      sameAsCpu(`sum, difference, product of ${large.join('x')} and ${small.join('x')}`, (random) => {
        const a = randomTensor(random.fork('a'), large);
        const b = randomTensor(random.fork('b'), small);
        const dy = randomTensor(random.fork('dy'), large);
        return [tf.add, tf.sub, tf.mul].flatMap((operation) => [
          operation(a, b),
          operation(b, a),
          ...tf.grads((left, right) => operation(left, right))([a, b], dy),
          ...tf.grads((left, right) => operation(left, right))([b, a], dy),
        ]);
      }),
    ),
    one('batch norm by given statistics', (x, random) => {
      const parameters = ['mean', 'variance', 'offset', 'scale'].map((name) => vector(random, name));
      const [mean, variance, offset, scale] = parameters as [
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      return [
        tf.batchNorm(x, mean, tf.square(variance), offset, scale, 1e-3),
        tf.batchNorm(x, mean, tf.square(variance), undefined, undefined, 1e-3),
      ];
    }),
    ...BOXES.map(([from, size, of]) =>
      sameAsCpu(`a box of ${size.join('x')} at ${from.join(', ')} of ${of.join('x')}`, (random) => {
        const x = randomTensor(random.fork('x'), of);
        return [
          tf.slice(x, [...from], [...size]),
          tf.slice(tf.cast(tf.mul(x, 100), 'int32'), [...from], [...size]),
        ];
      }),
    ),
    sameAsCpu('the gradient of a shortcut that pads channels', (random) => [
      tf.grad((x: tf.Tensor) =>
        tf.pad(x, [
          [0, 0],
          [0, 0],
          [0, 0],
          [8, 8],
        ]),
      )(
        // prettier-ignore
        randomTensor(random.fork('x'), [2, 33, 32, 16]),
        randomTensor(random.fork('dy'), [2, 33, 32, 32]),
      ),
    ]),
    sameAsCpu('softmax cross-entropy and its gradient', (random) => {
      const logits = tf.mul(randomTensor<tf.Rank.R2>(random.fork('logits'), [5, 9]), 30);
      const labels = tf.softmax(randomTensor<tf.Rank.R2>(random.fork('labels'), [5, 9]));
      const apply = (x: tf.Tensor) => softmaxCrossEntropy(x as tf.Tensor2D, labels);
      return [apply(logits), tf.grad(apply)(logits, randomTensor(random.fork('dy'), [5]))];
    }),
    sameAsCpu('softmax cross-entropy of whole-number labels', (random) => {
      const logits = randomTensor<tf.Rank.R2>(random.fork('logits'), [5, 9]);
      const labels = tf.oneHot([3, 0, 8, 3, 1], 9) as tf.Tensor2D;
      const apply = (x: tf.Tensor) => softmaxCrossEntropy(x as tf.Tensor2D, labels);
      return [apply(logits), tf.grad(apply)(logits, randomTensor(random.fork('dy'), [5]))];
    }),
  ];
}
