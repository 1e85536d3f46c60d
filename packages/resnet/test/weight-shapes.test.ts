import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import type { Architecture } from '../src/builder/architecture';
import { createResnet, namedArchitectures } from '../src/create-resnet';
import { type NetworkForm, weightShapes } from '../src/identify/weight-shapes';
import type { ResNetOptions } from '../src/index';
import { cifarArchitecture, preActivationCifarArchitecture } from '../src/networks';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** What the builder makes, name by name. */
function builtShapes(name: string, options: ResNetOptions): Map<string, string> {
  const model = createResnet(name, { ...options, includeTop: false, kernelInitializer: 'zeros' });
  const shapes = new Map(model.weights.map(({ originalName, shape }) => [originalName, String(shape)]));
  model.dispose();
  return shapes;
}

function expectSame(architecture: Architecture, options: ResNetOptions, form: Partial<NetworkForm>): void {
  const bias = (architecture.onlyVariant ?? { convolutionBias: options.variant === 'keras' }).convolutionBias;
  const shapes = weightShapes(architecture, {
    stem:
      architecture.onlyVariant?.stem === 'deep' ? 'deep' : architecture.stem === 'small' ? 'small' : 'large',
    projections: architecture.shortcut === 'A' ? 'none' : 'changed',
    convolutionBias: bias,
    squeezeReduction: architecture.squeezeReduction,
    channels: 3,
    ...form,
  });
  const built = builtShapes(architecture.name, { inputShape: [64, 64, 3], ...options });
  expect(new Map(shapes.map(({ name, shape }) => [name, String(shape)]))).toEqual(built);
}

const all = [...namedArchitectures(), cifarArchitecture(20), preActivationCifarArchitecture(164)];
const ofEveryVariant = all.filter(
  ({ onlyVariant, groups }) => onlyVariant === undefined && groups === undefined,
);

describe('weightShapes', () => {
  it.each(all.map((architecture) => [architecture.name, architecture] as const))(
    'lists the weights that the builder of %s makes',
    (_, architecture) => {
      expectSame(architecture, architecture.onlyVariant === undefined ? { variant: 'torchvision' } : {}, {});
    },
  );

  it.each(ofEveryVariant.map((architecture) => [architecture.name, architecture] as const))(
    'lists biases, stems, shortcuts and gates of %s as the builder makes them',
    (_, architecture) => {
      expectSame(architecture, { variant: 'keras', stem: 'half' }, { stem: 'small' });
      expectSame(
        architecture,
        { variant: 'torchvision', stem: 'deep', shortcut: 'C' },
        { stem: 'deep', projections: 'all' },
      );
      expectSame(
        architecture,
        { variant: 'keras', shortcut: 'average-pad-both', squeezeReduction: 8, inputShape: [64, 64, 1] },
        { projections: 'none', squeezeReduction: 8, channels: 1 },
      );
    },
  );
});
