import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, updateModelMetadata } from '@zoo/core';
import { encodeSafetensors, type HostTensor, writeSafetensors } from '@zoo/weights';
import { saveKeras, saveKerasH5, saveKerasWeights, saveSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  cifarResnet,
  createResnet,
  identifyModel,
  identifyNetwork,
  loadNetwork,
  resnetNames,
  type ResNetOptions,
} from '../src';

const place = temporaryDirectory('suite');
beforeAll(async () => {
  await tf.setBackend('cpu');
});

async function withModel<Result>(
  name: string,
  options: ResNetOptions,
  use: (model: tfl.LayersModel) => Result | Promise<Result>,
): Promise<Result> {
  const model = createResnet(name, { ...options, kernelInitializer: 'zeros' });
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

const NETWORKS: readonly [string, ResNetOptions][] = [
  ['resnet18', { variant: 'torchvision', stem: 'half' }],
  ['resnet18', { variant: 'torchvision', stem: 'small', squeezeReduction: 8 }],
  ['resnet18', { variant: 'torchvision', shortcut: 'C' }],
  ['resnet50', { variant: 'keras' }],
  ['resnet50', { variant: 'torchvision' }],
  ['resnet50', { variant: 'torchvision', strideIn: 'first' }],
  ['resnet50', { variant: 'torchvision', outputStride: 16 }],
  ['resnet50', { variant: 'idenprof' }],
  ['resnet50', { variant: 'deeplearningAi' }],
  ['resnet50', { variant: 'tf1' }],
  ['resnet50', { variant: 'resnetD' }],
  ['resnet50v2', {}],
  ['wide_resnet50_2', { variant: 'torchvision' }],
  ['se_resnet50', { variant: 'torchvision' }],
  ['resnext50_32x4d', { variant: 'torchvision', squeezeReduction: 16 }],
  ['preactivation_resnet18', {}],
  ['resnet20', { variant: 'torchvision' }],
  ['resnet20', { variant: 'torchvision', shortcut: 'B' }],
  ['resnet20', { variant: 'torchvision', shortcut: 'subsample-pad-both' }],
  ['resnet20', { variant: 'torchvision', shortcut: 'average-pad-end' }],
  ['resnet20', { variant: 'torchvision', shortcut: 'average-pad-both' }],
  ['resnet20', { variant: 'torchvision', shortcut: 'none' }],
  ['preactivation_resnet164', {}],
];

const ROLES: Readonly<Record<string, string>> = {
  kernel: 'weight',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
};

/** Zeros under torchvision's names, in PyTorch's order of axes. */
function torchTensors(model: tfl.LayersModel): Record<string, HostTensor> {
  const entries = model.weights.map(({ originalName, shape }): [string, HostTensor] => {
    const [layer, role] = originalName.split('/') as [string, string];
    const [, stage, block, index, kind] = /^conv(\d)_block(\d)_(\d)_(conv|bn)$/.exec(layer) ?? [];
    const part = index === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind!}${index!}`;
    const module =
      stage === undefined
        ? layer.replace(/^conv1_(conv|bn)$/, '$11')
        : `layer${+stage - 1}.${+block! - 1}.${part}`;
    const sizes = shape as number[];
    const torchShape = sizes.length === 4 ? [sizes[3]!, sizes[2]!, sizes[0]!, sizes[1]!] : sizes;
    const values = new Float32Array(sizes.reduce((product, size) => product * size, 1));
    return [`${module}.${ROLES[role]!}`, { shape: torchShape, values }];
  });
  return Object.fromEntries(entries);
}

/** As a model of anyone else's, which says nothing of how it was built. */
function withoutMetadata(model: tfl.LayersModel): tfl.LayersModel {
  model.setUserDefinedMetadata({});
  return model;
}

describe('identifyModel', () => {
  it.each(NETWORKS)('tells %s with %j from its architecture, without doubt', async (name, options) => {
    const identity = await withModel(name, { ...options, classes: 7 }, (model) =>
      identifyModel(withoutMetadata(model)),
    );
    expect(identity).toMatchObject({ architecture: name, ambiguities: [], classes: 7, channels: 3 });
    expect(identity.options).toEqual(options);
  });

  it('takes what this package wrote into the metadata, first of all', async () => {
    const options = { variant: 'torchvision', strideIn: 'first', outputStride: 8 } as const;
    const identity = await withModel('resnet50', { ...options, inputShape: [64, 64, 3] }, identifyModel);
    expect(identity).toMatchObject({ architecture: 'resnet50', options, ambiguities: [] });
    expect(identity.metadata?.architectureOptions).toEqual(options);
  });

  it('tells networks without a classifier and of other channels', async () => {
    const options = { includeTop: false, inputShape: [32, 32, 1] as const };
    const identity = await withModel('resnet18', options, identifyModel);
    expect(identity).toMatchObject({ architecture: 'resnet18', channels: 1 });
    expect([identity.classes, identity.normalization]).toEqual([undefined, undefined]);
  });

  it('tells a CIFAR network of any depth', () => {
    const model = cifarResnet(26, { kernelInitializer: 'zeros' });
    expect(identifyModel(model)).toMatchObject({ architecture: 'resnet26', ambiguities: [] });
    model.dispose();
  });

  it('refuses a model of another family with its first kernel', () => {
    const model = tfl.sequential({
      layers: [tfl.layers.conv2d({ name: 'a', filters: 2, kernelSize: 3, inputShape: [8, 8, 3] })],
    });
    expect(() => identifyModel(model)).toThrow(
      /holds 1 convolution kernels, the first 'a\/kernel' of shape \[3, 3, 3, 2\]/,
    );
    model.dispose();
  });
});

describe('identifyNetwork', () => {
  it.each(['h5', 'keras'])('reads the architecture in a .%s', async (ending) => {
    const path = place(`deep.${ending}`);
    await withModel('resnet18', { variant: 'idenprof', classes: 3 }, (model) =>
      ending === 'h5' ? saveKerasH5(model, path) : saveKeras(model, path),
    );
    expect(await identifyNetwork(path)).toMatchObject({
      architecture: 'resnet18',
      options: { variant: 'idenprof' },
      ambiguities: [],
      classes: 3,
      normalization: 'scale',
    });
  });

  it('tells padding and pool by the layers that a legacy file of weights alone lists', async () => {
    const path = place('weights.h5');
    for (const variant of ['keras', 'idenprof', 'deeplearningAi'] as const) {
      await withModel('resnet10', { variant }, (model) =>
        saveKerasH5(withoutMetadata(model), path, { weightsOnly: true }),
      );
      const { options, ambiguities } = await identifyNetwork(path);
      expect([options.variant, ambiguities]).toEqual([variant, []]);
    }
  });

  it('names every variant that weights alone may be of', async () => {
    const bytes = await withModel('resnet18', { variant: 'torchvision' }, (model) =>
      encodeSafetensors(withoutMetadata(model)),
    );
    const { options, ambiguities } = await identifyNetwork(bytes);
    expect(options).toEqual({ variant: 'torchvision' });
    expect(ambiguities).toMatchObject([
      { option: 'variant', assumed: 'torchvision', candidates: ['torchvision', 'resnetD', 'tf1'] },
    ]);
  });

  it('names every form that shortcuts without weights may have', async () => {
    const bytes = await withModel('resnet20', {}, (model) => encodeSafetensors(withoutMetadata(model)));
    const { ambiguities } = await identifyNetwork(bytes);
    expect(ambiguities.find(({ option }) => option === 'shortcut')?.candidates).toEqual([
      'A',
      'subsample-pad-both',
      'average-pad-both',
      'average-pad-end',
      'none',
    ]);
  });
});

describe('loadNetwork', () => {
  it('builds the network for pictures of the size that the file says it was trained on, unless told otherwise', async () => {
    const options = { variant: 'torchvision', inputShape: [64, 64, 3], classes: 3 } as const;
    const path = place('trained-on-64.safetensors');
    await withModel('resnet18', options, async (model) => {
      updateModelMetadata(model, { preprocessing: { imageSize: [64, 64] } });
      await saveSafetensors(model, path);
    });
    const told = await loadNetwork(path);
    expect(told.inputs[0]!.shape).toEqual([null, 64, 64, 3]);
    told.dispose();
    const given = await loadNetwork(path, { imageSize: [96, 96] });
    expect(given.inputs[0]!.shape).toEqual([null, 96, 96, 3]);
    given.dispose();
    const features = await loadNetwork(path, { includeTop: false });
    expect(features.inputs[0]!.shape).toEqual([null, null, null, 3]);
    features.dispose();
  });

  it.each(['legacy.h5', 'keras3.weights.h5', 'whole.h5', 'whole.keras', 'zoo.safetensors'])(
    'gives back what this package saved as %s, without options',
    async (ending) => {
      const path = place(ending);
      const options = { variant: 'torchvision', stem: 'half', classes: 3, inputShape: [32, 32, 3] } as const;
      const model = createResnet('resnet10', { ...options, seed: 1 });
      updateModelMetadata(model, { classNames: ['a', 'b', 'c'] });
      if (ending === 'zoo.safetensors') await saveSafetensors(model, path);
      else if (ending === 'keras3.weights.h5') await saveKerasWeights(model, path);
      else if (ending === 'whole.keras') await saveKeras(model, path);
      else await saveKerasH5(model, path, { weightsOnly: ending === 'legacy.h5' });
      const loaded = await loadNetwork(path, { inputShape: [32, 32, 3] });
      expect(modelMetadata(loaded)).toMatchObject({ architecture: 'resnet10', classNames: ['a', 'b', 'c'] });
      tf.tidy(() => {
        const picture = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 1);
        const difference = tf.sub(model.predict(picture) as tf.Tensor, loaded.predict(picture) as tf.Tensor);
        expect(tf.max(tf.abs(difference)).dataSync()[0]).toBe(0);
      });
      model.dispose();
      loaded.dispose();
    },
  );

  /** ResNet-10 for three classes under torchvision's names. */
  async function torchNetwork(): Promise<[string, HostTensor][]> {
    const features = await withModel('resnet10', { variant: 'torchvision', includeTop: false }, torchTensors);
    return [
      ...Object.entries(features),
      ['fc.weight', { shape: [3, 512], values: new Float32Array(3 * 512) }],
      ['fc.bias', { shape: [3], values: new Float32Array(3) }],
    ];
  }

  const PROGRAMS: readonly [string, (name: string) => string][] = [
    ['base_model.conv1', (name) => `base_model.${name}`],
    ['model.resnet.conv1', (name) => `model.resnet.${name}`],
    ['1.conv1, behind a normalization without weights', (name) => `1.${name}`],
    ['trunk.conv1 with the classifier beside it', (name) => (name.startsWith('fc') ? name : `trunk.${name}`)],
    ['fc.linear', (name) => name.replace(/^fc\./, 'fc.linear.')],
    [
      'trunk.4.0.conv1, the numbers of children in a Sequential, with classifier',
      (name) => {
        const [first = '', ...rest] = name.split('.');
        const number = ['conv1', 'bn1', '', '', 'layer1', 'layer2', 'layer3', 'layer4'].indexOf(first);
        return number < 0 ? `classifier.${rest.join('.')}` : ['trunk', number, ...rest].join('.');
      },
    ],
  ];
  it.each(PROGRAMS)(
    'takes a PyTorch program’s names as %s, with a loss and a metric beside it',
    async (_, rename) => {
      const entries = (await torchNetwork()).map(([name, tensor]) => [rename(name), tensor] as const);
      const vector = { shape: [3], values: Float32Array.of(1, 2, 3) };
      const bytes = writeSafetensors([...entries, ['criterion.weight', vector], ['val_acc.total', vector]], {
        format: 'pt',
      });
      const model = await loadNetwork(bytes, { inputShape: [32, 32, 3] });
      expect(identifyModel(model)).toMatchObject({ architecture: 'resnet10', classes: 3 });
      model.dispose();
    },
  );

  it('does not choose between two networks in one file', async () => {
    const bytes = writeSafetensors(
      (await torchNetwork()).flatMap(([name, tensor]) => [
        [`student.${name}`, tensor] as const,
        [`teacher.${name}`, tensor] as const,
      ]),
      { format: 'pt' },
    );
    await expect(loadNetwork(bytes)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('refuses a classifier of two dense layers and gives the features', async () => {
    const tensors = await withModel('resnet10', { variant: 'torchvision', includeTop: false }, torchTensors);
    const dense = (shape: number[]) => ({ shape, values: new Float32Array(shape.reduce((a, b) => a * b)) });
    const bytes = writeSafetensors({
      ...tensors,
      'fc.0.weight': dense([8, 512]),
      'fc.0.bias': dense([8]),
      'fc.2.weight': dense([3, 8]),
      'fc.2.bias': dense([3]),
    });
    await expect(loadNetwork(bytes)).rejects.toThrow(/Load only the features: `includeTop: false`/);
    const model = await loadNetwork(bytes, { includeTop: false });
    expect(model.outputs[0]!.shape).toEqual([null, null, null, 512]);
    model.dispose();
  });

  it('refuses to guess, and takes what the caller says', async () => {
    const bytes = await withModel('resnet20', { variant: 'torchvision' }, (model) =>
      encodeSafetensors(withoutMetadata(model)),
    );
    await expect(loadNetwork(bytes)).rejects.toThrow(
      /Expected one of 'torchvision', .* for `options\.variant`/,
    );
    await expect(loadNetwork(bytes, { variant: 'torchvision' })).rejects.toThrow(/`options\.shortcut`/);
    const model = await loadNetwork(bytes, { variant: 'torchvision', shortcut: 'average-pad-end' });
    expect(identifyModel(model).options.shortcut).toBe('average-pad-end');
    model.dispose();
  });
});

it('tells every network by its name alone apart from the others', { timeout: 60_000 }, async () => {
  for (const name of resnetNames().filter((each) => !/1202|1001|1\d\d|200|269/.test(each))) {
    const identity = await withModel(name, {}, identifyModel);
    expect(identity.architecture).toBe(name);
  }
});
