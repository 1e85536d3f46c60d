import { torchResnetName } from '@zoo/weights';
import { describe, expect, it } from 'vitest';

import { timmModuleName, timmNetworkName } from '../src/hub/timm-names';
import { builtWeights } from '../src/identify/built-weights';
import { timmArchitectures } from '../src/timm-architectures';

describe('names of timm’s modules', () => {
  // Of the deeper networks only the one whose names no other has.
  it('are read back as the layers that they are for', () => {
    for (const [name, row] of Object.entries(timmArchitectures())) {
      if (row.blocks.reduce((sum, each) => sum + each) > 16 && name !== 'legacy_senet154') continue;
      const weights = builtWeights({ name, ...row }, {});
      const layers = new Set(weights.map((weight) => weight.name.split('/')[0]!));
      const modules = new Map([...layers].map((layer) => [timmModuleName(layer, name, layers), layer]));
      expect(modules.size, name).toBe(layers.size);
      const isAveraged = [...modules.keys()].some((module) => module.endsWith('downsample.2'));
      const isDeep = layers.has('conv1_1_conv');
      for (const [module, layer] of modules) {
        expect(torchResnetName(module, isAveraged, isDeep), `${name} ${module}`).toBe(layer);
      }
    }
  });
});

describe('the name of a network at timm', () => {
  it.each([
    ['resnet50', { variant: 'torchvision' }, 'resnet50'],
    ['resnet50', { variant: 'resnetD' }, 'resnet50d'],
    ['se_resnet50', { variant: 'torchvision' }, 'seresnet50'],
    ['resnet26t', {}, 'resnet26t'],
    ['resnet50', {}, undefined],
    ['resnet50', { variant: 'keras' }, undefined],
    ['resnet50', { variant: 'torchvision', strideIn: 'first' }, undefined],
    ['resnext50_32x4d', { variant: 'resnetD' }, undefined],
    ['resnet20', { variant: 'torchvision' }, undefined],
  ] as const)('of %s with %j is %s', (architecture, options, name) => {
    expect(timmNetworkName(architecture, options)).toBe(name);
  });
});
