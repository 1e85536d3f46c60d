import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createRandom, FUSED_KERNELS } from '@zoo/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { foldBatchNorm, startWasm } from '../src';
import type { StartedWasm } from '../src/engines/wasm/start-wasm';

import { expectClose, randomTensor } from './contract/contract-case';
import { apply, disposeAll, type Symbolic } from './symbolic-layers';

const {
  activation,
  add,
  conv2d,
  dense,
  dropout,
  embedding,
  flatten,
  lstm,
  maxPooling2d,
  reshape,
  zeroPadding2d,
} = tfl.layers;

const relu = (x: Symbolic): Symbolic => apply(activation({ activation: 'relu' }), x);
/** A convolution whose bias is not zero. */
const convolve = (x: Symbolic, filters: number, kernelSize: number, strides = 1): Symbolic =>
  apply(conv2d({ filters, kernelSize, strides, padding: 'same', biasInitializer: 'randomNormal' }), x);

/** Whatever the layers of these do in one operation or several, the outputs are those of the layers. */
const NETS: Readonly<Record<string, (x: Symbolic) => Symbolic | Symbolic[]>> = {
  'zeros around a convolution': (x) =>
    apply(
      conv2d({ filters: 5, kernelSize: 3, strides: 2, activation: 'relu' }),
      apply(zeroPadding2d({ padding: [[1, 2], [0, 3]] }), x), // prettier-ignore
    ),
  'zeros that two layers read': (x) => {
    const padded = apply(zeroPadding2d({ padding: 1 }), x);
    return [
      apply(conv2d({ filters: 2, kernelSize: 3 }), padded),
      apply(maxPooling2d({ poolSize: 2 }), padded),
    ];
  },
  'zeros around a padded convolution': (x) => convolve(apply(zeroPadding2d({ padding: 1 }), x), 2, 3),
  'a residual block with a shortcut of its own': (x) =>
    relu(apply(add(), [convolve(x, 16, 1), convolve(relu(convolve(x, 16, 3)), 16, 3)])),
  'residual blocks one after the other': (x) => {
    let y = convolve(x, 16, 1);
    for (let block = 0; block < 3; block++) y = relu(apply(add(), [convolve(convolve(y, 8, 1), 16, 1), y]));
    return y;
  },
  'a sum without a ReLU': (x) => apply(add(), [convolve(x, 3, 3), x]),
  'convolutions added to what they read': (x) => {
    let y = convolve(x, 16, 1);
    for (const kernelSize of [1, 3, 5]) y = relu(apply(add(), [convolve(y, 16, kernelSize), y]));
    return y;
  },
  'a sum of the input and itself': (x) => apply(add(), [x, x]),
  'a sum of a convolution and itself': (x) => {
    const y = convolve(x, 4, 3);
    return apply(add(), [y, y]);
  },
  'a sum of three': (x) => relu(apply(add(), [convolve(x, 4, 1), convolve(x, 4, 3), convolve(x, 4, 5)])),
  'a sum of two sizes': (x) =>
    apply(add(), [convolve(x, 4, 3), apply(reshape({ targetShape: [1, 1, 4] }), apply(dense({ units: 4 }), apply(flatten(), x)))]), // prettier-ignore
  'a shortcut that is an output as well': (x) => {
    const y = convolve(x, 8, 3);
    return [y, relu(apply(add(), [convolve(y, 8, 3), y]))];
  },
  'a shortcut that a later layer reads': (x) => {
    const y = convolve(x, 8, 3);
    const sum = relu(apply(add(), [convolve(y, 8, 3), y]));
    return apply(add(), [convolve(sum, 8, 1), y]);
  },
  'a shortcut over the data of another tensor': (x) => {
    const y = convolve(x, 8, 3);
    const same = apply(reshape({ targetShape: [6, 6, 8] }), y);
    const sum = relu(apply(add(), [convolve(x, 8, 1), same]));
    return apply(add(), [sum, apply(reshape({ targetShape: [6, 6, 8] }), y)]);
  },
  'a branch that is an output as well': (x) => {
    const y = convolve(x, 3, 3);
    return [relu(apply(add(), [y, x])), y];
  },
  'a sum that two layers read': (x) => {
    const sum = apply(add(), [convolve(x, 3, 3), x]);
    return [relu(sum), convolve(sum, 2, 1)];
  },
  'a branch with ReLU': (x) =>
    apply(add(), [apply(conv2d({ filters: 3, kernelSize: 1, activation: 'relu' }), x), x]),
  'a capped ReLU': (x) => apply(tfl.layers.reLU({ maxValue: 1 }), apply(add(), [convolve(x, 3, 3), x])),
  'dropout, which does nothing': (x) => relu(apply(dropout({ rate: 0.5 }), apply(dropout({ rate: 0.5 }), x))),
  'its input as an output': (x) => [x, convolve(x, 2, 1)],
  'a convolution called twice': (x) => {
    const layer = conv2d({ filters: 3, kernelSize: 3, padding: 'same' });
    return apply(add(), [apply(layer, apply(layer, x)), x]);
  },
  'a convolution without bias': (x) =>
    apply(add(), [apply(conv2d({ filters: 3, kernelSize: 3, padding: 'same', useBias: false }), x), x]),
  'a dilated convolution': (x) =>
    apply(conv2d({ filters: 3, kernelSize: 3, dilationRate: 2 }), apply(zeroPadding2d({ padding: 2 }), x)),
};

function modelOf(build: (x: Symbolic) => Symbolic | Symbolic[], size: number | null = 6): tfl.LayersModel {
  const input = tfl.input({ shape: [size, size, 3] });
  return tfl.model({ inputs: input, outputs: build(input) });
}

function picturesOf(count: number): tf.Tensor {
  return randomTensor(createRandom(4).fork('pictures'), [count, 6, 6, 3]);
}

/** TensorFlow.js' own road through the layers. */
function predictByLayers(
  model: tfl.LayersModel,
  ...given: Parameters<tfl.LayersModel['predict']>
): tf.Tensor | tf.Tensor[] {
  return tfl.LayersModel.prototype.predict.call(model, ...given);
}

function expectSame(model: tfl.LayersModel, inputs: tf.Tensor | tf.Tensor[], batchSize = 32): void {
  const [expected, actual] = [
    [predictByLayers(model, inputs, { batchSize })].flat(),
    [model.predict(inputs, { batchSize })].flat(),
  ];
  expect(actual.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  actual.forEach((output, index) => {
    expectClose(output.dataSync(), expected[index]!.dataSync(), 1e-5, `output ${index}`);
  });
  tf.dispose([expected, actual]);
}

/** The folded copy alone: what the plan belongs to. */
function folded(model: tfl.LayersModel): tfl.LayersModel {
  const copy = foldBatchNorm(model);
  disposeAll(model);
  return copy;
}

describe.each(['cpu', 'wasm'])('a folded model on %s', (backend) => {
  let engine: StartedWasm | undefined;
  beforeAll(async () => {
    if (backend === 'wasm') engine = await startWasm({ threads: 2 });
    else await tf.setBackend('cpu');
  });
  afterAll(async () => engine?.dispose());

  it.each(Object.keys(NETS))('predicts as its layers do: %s', (name) => {
    const model = folded(modelOf(NETS[name]!));
    const pictures = picturesOf(2);
    expectSame(model, pictures);
    expectSame(model, pictures);
    pictures.dispose();
    disposeAll(model);
  });

  it('predicts as its layers do where sizes are open', () => {
    const model = folded(modelOf(NETS['a residual block with a shortcut of its own']!, null));
    const pictures = picturesOf(2);
    expectSame(model, pictures);
    pictures.dispose();
    disposeAll(model);
  });

  it('leaves its inputs and no other tensor, and predicts the same again', () => {
    const model = folded(
      modelOf((x) =>
        Object.values(NETS)
          .flatMap((build) => build(x))
          .filter((output) => output !== x),
      ),
    );
    const pictures = picturesOf(2);
    const values = pictures.dataSync();
    const predict = (): Float32Array[] => {
      const outputs = [model.predict(pictures)].flat();
      const data = outputs.map((output) => output.dataSync<'float32'>());
      tf.dispose(outputs);
      return data;
    };
    const first = predict();
    const before = tf.memory();
    const second = predict();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
    expect(second).toEqual(first);
    expect(pictures.dataSync()).toEqual(values);
    pictures.dispose();
    disposeAll(model);
  });

  it.each([1, 3, 7, 8])('predicts 7 examples in batches of %i', (batchSize) => {
    const model = folded(modelOf(NETS['a branch that is an output as well']!));
    const pictures = picturesOf(7);
    expectSame(model, pictures, batchSize);
    pictures.dispose();
    disposeAll(model);
  });
});

describe('a folded model on wasm', () => {
  let engine: StartedWasm;
  beforeAll(async () => {
    engine = await startWasm({ threads: 2 });
  });
  afterAll(() => engine.dispose());

  it.each([
    ['zeros around a convolution', ['FusedConv2D']],
    [
      'a residual block with a shortcut of its own',
      ['FusedConv2D', 'FusedConv2D', FUSED_KERNELS.convolutionAdd],
    ],
    ['a sum without a ReLU', ['FusedConv2D', 'Add']],
  ])('computes %s in as few kernels as %j', async (name, kernels) => {
    const model = folded(modelOf(NETS[name]!));
    const pictures = picturesOf(1);
    const { kernels: profiled } = await tf.profile(() => {
      tf.dispose(model.predict(pictures));
      return pictures;
    });
    // Beside the kernels, a profile names the operations that run them.
    const names = profiled.map((kernel) => kernel.name).filter((kernelName) => !kernelName.endsWith('_op'));
    expect(names).toEqual(kernels);
    pictures.dispose();
    disposeAll(model);
  });
});

describe('a folded model', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  it('takes several inputs', () => {
    const inputs = [tfl.input({ shape: [6, 6, 3] }), tfl.input({ shape: [6, 6, 4] })];
    const outputs = relu(apply(add(), [convolve(inputs[0]!, 4, 3), inputs[1]!]));
    const model = folded(tfl.model({ inputs, outputs }));
    const random = createRandom(2);
    const tensors = [3, 4].map((channels) => randomTensor(random.fork(channels), [5, 6, 6, channels]));
    expectSame(model, tensors);
    expectSame(model, tensors, 2);
    tf.dispose(tensors);
    disposeAll(model);
  });

  it('follows weights that are set later', () => {
    const model = folded(modelOf(NETS['a sum without a ReLU']!));
    const pictures = picturesOf(2);
    expectSame(model, pictures);
    tf.tidy(() => {
      model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 2)));
    });
    expectSame(model, pictures);
    pictures.dispose();
    disposeAll(model);
  });

  it('hands masks from layer to layer', () => {
    const model = folded(
      tfl.sequential({
        layers: [
          embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 4 }),
          lstm({ units: 2 }),
        ],
      }),
    );
    const words = tf.tensor2d([[1, 2, 0, 0], [3, 4, 1, 0]]); // prettier-ignore
    expectSame(model, words);
    words.dispose();
    disposeAll(model);
  });

  it('predicts within another model', () => {
    const inner = folded(modelOf(NETS['a sum without a ReLU']!));
    const input = tfl.input({ shape: [6, 6, 3] });
    const outer = folded(tfl.model({ inputs: input, outputs: relu(apply(inner, input)) }));
    const pictures = picturesOf(2);
    expectSame(outer, pictures);
    pictures.dispose();
    disposeAll(outer);
  });

  it('has gradients', () => {
    const model = folded(modelOf(NETS['a residual block with a shortcut of its own']!));
    const pictures = picturesOf(2);
    const gradientOf = (predict: (x: tf.Tensor) => unknown): tf.Tensor =>
      tf.grad((x) => tf.sum(predict(x) as tf.Tensor))(pictures);
    const expected = gradientOf((x) => predictByLayers(model, x));
    const actual = gradientOf((x) => model.predict(x));
    expectClose(actual.dataSync(), expected.dataSync(), 1e-6, 'the gradient');
    tf.dispose([pictures, expected, actual]);
    disposeAll(model);
  });

  it.each([
    ['shape', () => tf.zeros([2, 6, 5, 3]), /shape/],
    ['rank', () => tf.zeros([6, 6, 3]), /dimension/],
    ['number of inputs', () => [tf.zeros([1, 6, 6, 3]), tf.zeros([1, 6, 6, 3])], /1 Tensor/],
  ])('refuses another %s than its inputs have, as TensorFlow.js does', (_, inputs, message) => {
    const model = folded(modelOf(NETS['its input as an output']!));
    expect(() => tf.tidy(() => model.predict(inputs()))).toThrow(message);
    disposeAll(model);
  });

  it('refuses a batch size of 0', () => {
    const model = folded(modelOf(NETS['its input as an output']!));
    expect(() => tf.tidy(() => model.predict(picturesOf(1), { batchSize: 0 }))).toThrow(/batchSize/);
    disposeAll(model);
  });

  it('refuses to predict once disposed', () => {
    const model = folded(modelOf(NETS['a sum without a ReLU']!));
    model.dispose();
    expect(() => tf.tidy(() => model.predict(picturesOf(1)))).toThrow(/disposed/);
  });

  it('is saved as any LayersModel', async () => {
    const model = folded(modelOf(NETS['a sum without a ReLU']!));
    const artifacts = await new Promise<tf.io.ModelArtifacts>((resolve) => {
      void model.save(
        tf.io.withSaveHandler((saved) => {
          resolve(saved);
          return Promise.resolve({
            modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' },
          });
        }),
      );
    });
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(artifacts));
    const pictures = picturesOf(2);
    const [expected, actual] = [model, loaded].map((net) => net.predict(pictures) as tf.Tensor);
    expect(loaded.constructor).toBe(tfl.LayersModel);
    expectClose(actual!.dataSync(), expected!.dataSync(), 1e-6, 'the output');
    tf.dispose([pictures, expected!, actual!]);
    disposeAll(model);
    loaded.dispose();
  });
});
