import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead, modelMetadata, setModelMetadata } from '@zoo/core';
import { registerKerasLayers } from '@zoo/weights';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { cifarResnet, features, freeze, gradCam, replaceHead, resnet18, resnet50v2 } from '../src';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const models: tfl.LayersModel[] = [];
const kept = (model: tfl.LayersModel): tfl.LayersModel => {
  models.push(model);
  return model;
};
afterEach(() => {
  // Models share layers: each layer goes once.
  const layers = new Set(models.splice(0).flatMap((model) => model.layers));
  for (const layer of layers) for (const weight of layer.weights) weight.dispose();
});

const ZEROS = { kernelInitializer: 'zeros' } as const;

describe('features', () => {
  it('puts out the stages that are asked for, in order', () => {
    const model = kept(resnet18({ ...ZEROS, includeTop: false }));
    const shapes = features(model, ['stage3', 'stem', 'stage1']).outputs.map((output) => output.shape);
    expect(shapes.map((shape) => shape[3])).toEqual([256, 64, 64]);
  });

  it('finds the stages of a pre-activation net', () => {
    const model = kept(resnet50v2({ ...ZEROS, inputShape: [64, 64, 3], includeTop: false }));
    expect(features(model, ['stage2']).outputs[0]!.shape).toEqual([null, 4, 4, 512]);
  });

  it('suggests the nearest name for one that is not there', () => {
    const model = kept(cifarResnet(8, ZEROS));
    expect(() => features(model, ['stag3'])).toThrow(/Did you mean 'stage3'\?/);
  });
});

/** A residual network as another program builds it: auto-numbered names, an activation of its own at the end. */
function foreignNetwork(): tfl.LayersModel {
  const input = tfl.input({ shape: [16, 16, 3] });
  const convolve = (x: tfl.SymbolicTensor, filters: number, strides: number) =>
    tfl.layers
      .conv2d({ filters, kernelSize: 3, strides, padding: 'same', kernelInitializer: 'zeros' })
      .apply(x) as tfl.SymbolicTensor;
  const activated = (x: tfl.SymbolicTensor, activation: 'relu' | 'softmax') =>
    tfl.layers.activation({ activation }).apply(x) as tfl.SymbolicTensor;
  const block = (x: tfl.SymbolicTensor, filters: number, strides: number) => {
    const sum = tfl.layers.add().apply([convolve(x, filters, strides), convolve(x, filters, strides)]);
    return activated(sum as tfl.SymbolicTensor, 'relu');
  };
  const body = block(block(activated(convolve(input, 4, 2), 'relu'), 8, 2), 12, 2);
  const pooled = tfl.layers.globalMaxPooling2d({}).apply(body) as tfl.SymbolicTensor;
  const logits = tfl.layers
    .dense({ units: 5, kernelInitializer: 'zeros' })
    .apply(pooled) as tfl.SymbolicTensor;
  return tfl.model({ inputs: input, outputs: activated(logits, 'softmax') });
}

describe("another program's network", () => {
  it('has its stages found by the sizes of feature maps', () => {
    const model = kept(foreignNetwork());
    const found = features(model, ['stem', 'stage1', 'stage2']).outputs;
    expect(found.map(({ shape }) => shape)).toEqual([
      [null, 8, 8, 4],
      [null, 4, 4, 8],
      [null, 2, 2, 12],
    ]);
    expect(found.map(({ sourceLayer }) => sourceLayer.getClassName())).toEqual([
      'Activation',
      'Activation',
      'Activation',
    ]);
    expect(() => features(model, ['stage3'])).toThrow(/Its stages are stem, stage1, stage2\./);
  });

  it('takes a new head in place of its dense layer and the activation behind', () => {
    const model = kept(foreignNetwork());
    setModelMetadata(model, { preprocessing: { aspect: 'pad' }, classNames: ['a', 'b', 'c', 'd', 'e'] });
    const result = kept(replaceHead(model, { classes: 3, seed: 1 }));
    expect(result.outputs[0]!.shape).toEqual([null, 3]);
    expect(result.layers.map((layer) => layer.getClassName()).slice(-2)).toEqual([
      'GlobalMaxPooling2D',
      'Dense',
    ]);
    expect(modelMetadata(result)).toEqual({ preprocessing: { aspect: 'pad' } });
  });

  it('that ends in neither a map nor a dense layer is refused', () => {
    const model = kept(tfl.sequential({ layers: [tfl.layers.flatten({ inputShape: [2, 2, 1] })] }));
    expect(() => replaceHead(model, { classes: 2 })).toThrow(
      /a feature map, a pooling layer or a dense classifier/,
    );
  });
});

describe('freeze', () => {
  it('never suggests a stage that the network lacks', () => {
    const model = kept(cifarResnet(8, ZEROS));
    expect(() => freeze(model, 'stage4')).toThrow(
      /for `until` but received "stage4". Its stages are stem, stage1, stage2, stage3\./,
    );
  });

  it('freezes up to a stage and thaws all again', () => {
    const model = kept(cifarResnet(8, ZEROS));
    const all = model.trainableWeights.length;
    expect(freeze(model, 'stage1')).toBe(6);
    expect(model.trainableWeights).toHaveLength(all - 3 * 3);
    expect(freeze(model, null)).toBe(0);
    expect(model.trainableWeights).toHaveLength(all);
  });
});

describe('replaceHead', () => {
  it('puts a new classifier on the old features and freezes them if asked', () => {
    const model = kept(cifarResnet(8, ZEROS));
    const adapted = kept(replaceHead(model, { classes: 3, freezeBackbone: true, seed: 1 }));
    expect(adapted.outputs[0]!.shape).toEqual([null, 3]);
    expect(adapted.trainableWeights.map((weight) => weight.shape)).toEqual([[64, 3], [3]]);
    expect(adapted.getLayer('conv1_conv')).toBe(model.getLayer('conv1_conv'));
  });

  it('pools a net without a top', () => {
    const model = kept(cifarResnet(8, { ...ZEROS, includeTop: false }));
    expect(kept(replaceHead(model, { classes: 2 })).outputs[0]!.shape).toEqual([null, 2]);
  });
});

describe('gradCam', () => {
  it('marks the half of the picture that speaks for the class', () => {
    // One convolution that lets brightness through, and a class that likes it: the map is the bright half.
    const input = tfl.input({ shape: [8, 8, 1] });
    const map = tfl.layers.conv2d({ filters: 1, kernelSize: 1, kernelInitializer: 'ones' }).apply(input);
    const pooled = tfl.layers.globalAveragePooling2d({}).apply(map);
    const outputs = tfl.layers
      .dense({ units: 2, activation: 'softmax', kernelInitializer: 'ones' })
      .apply(pooled);
    const model = kept(tfl.model({ inputs: input, outputs: outputs as tfl.SymbolicTensor }));
    tf.tidy(() => {
      const picture = tf.concat([tf.ones([8, 4, 1]), tf.zeros([8, 4, 1])], 1);
      const heat = gradCam(model, picture, 1);
      expect(heat.shape).toEqual([8, 8]);
      expect([...tf.slice(heat, [0, 0], [1, 8]).dataSync()]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    });
  });

  /** Eight pixels with two channels: a map of them, and two classes that differ in how they weigh the channels. */
  function headedBy(head: (scores: tfl.layers.Layer) => tfl.layers.Layer[]): tfl.LayersModel {
    const input = tfl.input({ shape: [2, 4, 2] });
    const weights = [tf.tensor4d([1, 0.5, -0.5, 1], [1, 1, 2, 2]), tf.zeros([2])];
    const map = tfl.layers.conv2d({ name: 'map', filters: 2, kernelSize: 1, weights });
    const scores = tfl.layers.dense({
      name: 'scores',
      units: 2,
      weights: [tf.tensor2d([2, -1, 0.5, 3], [2, 2]), tf.zeros([2])],
    });
    const layers = [map, tfl.layers.globalAveragePooling2d({}), ...head(scores)];
    const output = layers.reduce((x, layer) => layer.apply(x) as tfl.SymbolicTensor, input);
    return kept(tfl.model({ inputs: input, outputs: output }));
  }

  const softmaxWithin = () => {
    const dense = tfl.layers.dense({
      name: 'scores',
      units: 2,
      activation: 'softmax',
      weights: [tf.tensor2d([2, -1, 0.5, 3], [2, 2]), tf.zeros([2])],
    });
    return dense;
  };
  /** `keras.ops.softmax(x)` in a functional model, as its files are read. */
  const kerasOperation = (operation: string): tfl.layers.Layer => {
    registerKerasLayers();
    const [layerClass] = tf.serialization.SerializationMap.getMap().classNameMap['ZooOperation']!;
    const config = { operation, operands: [{ input: 0 }], options: {} };
    return new (layerClass as unknown as new (config: object) => tfl.layers.Layer)(config);
  };
  const nestedHead = (scores: tfl.layers.Layer) => {
    const input = tfl.input({ shape: [2] });
    const output = tfl.layers
      .activation({ activation: 'softmax' })
      .apply(scores.apply(input)) as tfl.SymbolicTensor;
    return [tfl.model({ inputs: input, outputs: output })];
  };

  it.each<[string, (scores: tfl.layers.Layer) => tfl.layers.Layer[]]>([
    ['the activation of the dense layer', () => [softmaxWithin()]],
    ['an Activation layer', (scores) => [scores, tfl.layers.activation({ activation: 'softmax' })]],
    ['a Softmax layer', (scores) => [scores, tfl.layers.softmax({ axis: -1 })]],
    [
      'an Activation layer and a Reshape',
      (scores) => [
        scores,
        tfl.layers.activation({ activation: 'softmax' }),
        tfl.layers.reshape({ targetShape: [2] }),
      ],
    ],
    ['a sigmoid', (scores) => [scores, tfl.layers.activation({ activation: 'sigmoid' })]],
    ['a nested model', nestedHead],
    ['an operation of Keras', (scores) => [scores, kerasOperation('softmax')]],
    ['an operation of Keras, a sigmoid', (scores) => [scores, kerasOperation('sigmoid')]],
  ])('takes the gradient of the score before softmax, where that is %s', (_, head) => {
    tf.tidy(() => {
      const picture = tf.tensor3d([3, 1, -2, 0.5, 1, 1, 0, 2, 0.1, 4, -1, 3, 2, 2, 1, -3], [2, 4, 2]);
      const bare = gradCam(
        headedBy((scores) => [scores]),
        picture,
        0,
        { layerName: 'map' },
      );
      const heat = gradCam(headedBy(head), picture, 0, { layerName: 'map' });
      expect([...heat.dataSync()]).toEqual([...bare.dataSync()]);
    });
  });

  it('a head behind which an operation of Keras stands is replaced', () => {
    tf.tidy(() => {
      const head = (scores: tfl.layers.Layer) => [scores, kerasOperation('softmax')];
      const replaced = replaceHead(headedBy(head), { classes: 5 });
      expect(replaced.outputs[0]!.shape).toEqual([null, 5]);
      replaced.layers.at(-1)!.dispose();
    });
  });

  it.each([
    ['softmax', 'softmax'],
    ['sigmoid', 'multiLabel'],
    ['identity', 'softmax'],
  ])('and is read as a head of that kind: the operation %s', (operation, kind) => {
    tf.tidy(() => {
      expect(classifierHead(headedBy((scores) => [scores, kerasOperation(operation)]))).toEqual({
        kind,
        activation: operation === 'identity' ? 'linear' : operation,
        classCount: 2,
      });
    });
  });

  it('keeps the ReLU of a dense layer before the last one', () => {
    tf.tidy(() => {
      const hidden = () =>
        tfl.layers.dense({
          units: 2,
          activation: 'relu',
          weights: [tf.tensor2d([1, 0, 0, -1], [2, 2]), tf.zeros([2])],
        });
      const separate = () => [
        tfl.layers.dense({ units: 2, weights: [tf.tensor2d([1, 0, 0, -1], [2, 2]), tf.zeros([2])] }),
        tfl.layers.reLU(),
      ];
      const picture = tf.tensor3d([3, 1, -2, 0.5, 1, 1, 0, 2, 0.1, 4, -1, 3, 2, 2, 1, -3], [2, 4, 2]);
      const heat = gradCam(
        headedBy((scores) => [hidden(), scores]),
        picture,
        0,
        { layerName: 'map' },
      );
      const expected = gradCam(
        headedBy((scores) => [...separate(), scores]),
        picture,
        0,
        { layerName: 'map' },
      );
      expect([...heat.dataSync()]).toEqual([...expected.dataSync()]);
    });
  });

  it('gives a map of the picture’s size, between 0 and 1, for a net of the family', () => {
    const model = kept(cifarResnet(8, { seed: 1 }));
    tf.tidy(() => {
      const heat = gradCam(model, tf.randomUniform([32, 32, 3], 0, 1, 'float32', 1), 4);
      expect(heat.shape).toEqual([32, 32]);
      expect(tf.min(heat).dataSync()[0]).toBeGreaterThanOrEqual(0);
      expect(tf.max(heat).dataSync()[0]).toBeLessThanOrEqual(1);
    });
  });

  it('weighs the last feature map by default, and a stage’s last on request', () => {
    const model = kept(cifarResnet(8, { seed: 1, inputShape: [8, 8, 3] }));
    tf.tidy(() => {
      const picture = tf.randomUniform([8, 8, 3], 0, 1, 'float32', 1);
      const heatOf = (label: number, layerName?: string) => [
        ...gradCam(model, picture, label, layerName === undefined ? {} : { layerName }).dataSync(),
      ];
      const label = model.layers.findIndex((_, each) => Math.max(...heatOf(each)) > 0);
      const heat = (layerName?: string) => heatOf(label, layerName);
      expect(heat()).toEqual(heat('conv4_block1_out'));
      expect(heat('stage2')).toEqual(heat('conv3_block1_out'));
      expect(heat('stage2')).not.toEqual(heat());
    });
  });

  it('marks what speaks against the class on request', () => {
    tf.tidy(() => {
      const model = headedBy((scores) => [scores]);
      // All is linear up to the ReLU.
      const picture = tf.tensor3d([3, 1, -2, 0.5, 1, 1, 0, 2, 0.1, 4, -1, 3, 2, 2, 1, -3], [2, 4, 2]);
      const against = gradCam(model, picture, 0, { layerName: 'map', counterfactual: true });
      const negated = gradCam(model, tf.neg(picture), 0, { layerName: 'map' });
      expect([...against.dataSync()]).toEqual([...negated.dataSync()]);
    });
  });

  it('leaves nothing behind but the heat map', () => {
    const model = kept(cifarResnet(8, { seed: 1, inputShape: [8, 8, 3] }));
    const picture = tf.zeros([8, 8, 3]);
    const before = tf.memory().numTensors;
    const heat = gradCam(model, picture, 4, { layerName: 'conv3_block1_1_relu' });
    expect(tf.memory().numTensors).toBe(before + 1);
    tf.dispose([picture, heat]);
  });

  it.each([
    ['conv4_blok1_out', /Did you mean 'conv4_block1_out'\?/],
    ['avg_pool', /a layer with a feature map that the classes depend on .* shape \[any, 64\]/],
  ])('refuses the layer %s', (layerName, message) => {
    const model = kept(cifarResnet(8, ZEROS));
    tf.tidy(() => {
      expect(() => gradCam(model, tf.zeros([32, 32, 3]), 1, { layerName })).toThrow(message);
    });
  });

  it('refuses a class that the model lacks', () => {
    const model = kept(cifarResnet(8, ZEROS));
    tf.tidy(() => {
      expect(() => gradCam(model, tf.zeros([32, 32, 3]), 10)).toThrow(/Expected an output's number, 0 to 9/);
    });
  });
});
