import { writeFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { resnetNames } from '../src';
import { identifyWeights } from '../src/node';
import { type PretrainedEntry, pretrainedEntries, pretrainedEntry } from '../src/pretrained/catalogue';
import { findEntry } from '../src/pretrained/find-entry';
import { layerNameOf } from '../src/pretrained/layer-names';

const place = temporaryDirectory();

describe('the catalogue', () => {
  it('has every published file once, by name and by hash', () => {
    const entries = pretrainedEntries();
    // Keras' six pairs, Chollet's, qubvel's two; torchvision's; timm's.
    expect(entries).toHaveLength(12 + 2 + 4 + 14 + 16);
    for (const key of [(e: PretrainedEntry) => e.name, (e: PretrainedEntry) => e.hash.digest]) {
      expect(new Set(entries.map(key)).size).toBe(entries.length);
    }
  });

  it('names nets that can be built, hashes of their length and addresses over https', () => {
    for (const { architecture, hash, url, fileName } of pretrainedEntries()) {
      expect(resnetNames()).toContain(architecture);
      expect(hash.digest).toMatch(
        hash.algorithm === 'md5' ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{8}([0-9a-f]{56})?$/,
      );
      const isSafetensors = fileName.endsWith('.safetensors');
      expect([
        new URL(url).protocol,
        url.endsWith(isSafetensors ? '/model.safetensors' : `/${fileName}`),
      ]).toEqual(['https:', true]);
    }
  });

  // Four bytes a weight (two in the first wide nets) and the file's own directory; Keras' notop files lack the classifier's.
  it('has sizes that the nets’ weights account for', () => {
    const weights: Readonly<Record<string, number>> = {
      'resnet50.keras_in1k': 25_636_712 * 4,
      'resnet50.keras_in1k_notop': 23_587_712 * 4,
      'resnet101.keras_in1k': 44_707_176 * 4,
      'resnet101.keras_in1k_notop': 42_658_176 * 4,
      'resnet152.keras_in1k_notop': 58_370_944 * 4,
      'resnet50v2.keras_in1k_notop': 23_564_800 * 4,
      'resnet101v2.keras_in1k_notop': 42_626_560 * 4,
      'resnet152v2.keras_in1k_notop': 58_331_648 * 4,
      'resnet50.chollet_in1k': 25_636_712 * 4,
      'resnet50.chollet_in1k_notop': 23_587_712 * 4,
      'resnet18.tv_in1k': 11_699_112 * 4,
      'resnet34.tv_in1k': 21_814_696 * 4,
      'resnet50.tv_in1k': 25_610_152 * 4,
      'resnet50.tv2_in1k': 25_610_152 * 4,
      'wide_resnet50_2.tv_in1k': 68_951_464 * 2,
      'wide_resnet101_2.tv_in1k': 127_024_552 * 2,
      'resnet18.a1_in1k': 11_699_112 * 4,
      'resnet50.a1_in1k': 25_610_152 * 4,
      'wide_resnet50_2.racm_in1k': 68_951_464 * 4,
    };
    const sized = pretrainedEntries().filter(({ sizeBytes }) => sizeBytes !== undefined);
    expect(sized.map(({ name }) => name).sort()).toEqual(Object.keys(weights).sort());
    for (const { name, sizeBytes } of sized) {
      expect(sizeBytes! - weights[name]!, name).toBeGreaterThan(0);
      expect(sizeBytes! / weights[name]!, name).toBeLessThan(1.006);
    }
  });

  it('takes a bare architecture for Keras’ weights, or torchvision’s where Keras has none', () => {
    expect(pretrainedEntry('resnet50').name).toBe('resnet50.keras_in1k');
    expect(pretrainedEntry('resnet18').name).toBe('resnet18.tv_in1k');
  });

  it('tells the two ResNet-50 files of one name apart by hash and knows no other', async () => {
    const [keras, chollet] = ['resnet50.keras_in1k', 'resnet50.chollet_in1k'].map(pretrainedEntry);
    expect(chollet!.fileName).toBe(keras!.fileName);
    expect(chollet!.hash).not.toEqual(keras!.hash);
    const path = place(keras!.fileName);
    await writeFile(path, 'neither');
    expect(await identifyWeights(path)).toBeUndefined();
    await expect(identifyWeights('/dev/zero')).rejects.toThrow(/folder, pipe or device|can't be opened/);
  });
});

describe('weights by name', () => {
  it.each([
    ['resnet50', { weights: 'imagenet' }, 'resnet50.keras_in1k'],
    ['resnet50', { weights: 'imagenet', includeTop: false }, 'resnet50.keras_in1k_notop'],
    ['resnet50', { weights: 'imagenet', variant: 'torchvision' }, 'resnet50.tv_in1k'],
    ['resnet50', { weights: 'imagenet', variant: 'resnetD' }, 'resnet50d.ra2_in1k'],
    ['resnet50', { weights: 'tv2_in1k' }, 'resnet50.tv2_in1k'],
    ['resnet50', { weights: 'tv2_in1k', includeTop: false }, 'resnet50.tv2_in1k'],
    ['resnet50', { weights: 'keras_in1k', includeTop: false }, 'resnet50.keras_in1k_notop'],
    ['resnet50', { weights: 'resnet50.chollet_in1k' }, 'resnet50.chollet_in1k'],
    ['resnet50', { weights: 'resnet50.keras_in1k_notop', includeTop: false }, 'resnet50.keras_in1k_notop'],
    ['resnet18', { weights: 'imagenet' }, 'resnet18.tv_in1k'],
    ['resnet50v2', { weights: 'imagenet' }, 'resnet50v2.keras_in1k'],
    ['preactivation_resnet18', { weights: 'imagenet' }, 'preactivation_resnet18.qubvel_in1k'],
    ['se_resnet50', { weights: 'imagenet' }, 'seresnet50.a1_in1k'],
  ] as const)('%s with %j takes %s', (architecture, options, name) => {
    expect(findEntry(architecture, options).name).toBe(name);
  });
});

describe('names of layers', () => {
  it.each([
    ['chollet', 'conv1', 'conv1_conv'],
    ['chollet', 'bn_conv1', 'conv1_bn'],
    ['chollet', 'res2a_branch1', 'conv2_block1_0_conv'],
    ['chollet', 'bn4f_branch2c', 'conv4_block6_3_bn'],
    ['chollet', 'fc1000', 'predictions'],
    ['qubvel', 'bn_data', 'data_bn'],
    ['qubvel', 'stage1_unit1_sc', 'conv2_block1_0_conv'],
    ['qubvel', 'stage4_unit2_bn1', 'conv5_block2_preact_bn'],
    ['qubvel', 'bn1', 'post_bn'],
    ['keras', 'conv2_block1_0_conv', 'conv2_block1_0_conv'],
    ['keras', 'probs', 'predictions'],
  ] as const)('a %s file calls %s what is %s here', (layout, theirs, ours) => {
    expect(layerNameOf(layout, theirs)).toBe(ours);
  });
});
