import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { PIXEL_NORMALIZATIONS, updateModelMetadata } from '@zoo/core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, type ResNetOptions } from '../src';
import { toHub } from '../src/node';
import { fillByFormula } from '../test/formula';

interface Answer {
  readonly output: readonly number[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
}

/** One or more networks of each of timm's modules, stems, shortcuts and gates. */
const NETWORKS: readonly (readonly [string, ResNetOptions])[] = [
  ['test_resnet', {}],
  ['resnet18', { variant: 'torchvision' }],
  ['resnet18', { variant: 'resnetD' }],
  ['resnet18', { variant: 'torchvision', inputShape: [64, 64, 1] }],
  ['seresnet18', {}],
  ['ecaresnet26t', {}],
  ['resnetrs50', {}],
  ['resnext50_32x4d', { variant: 'torchvision' }],
  ['resnetv2_18d', {}],
  ['resnetv2_50x1_bit', { inputShape: [96, 96, 3] }],
  ['resnetv2_50d_evos', {}],
  ['legacy_seresnet18', {}],
];

describe.skipIf(isOracleAbsent)(`a folder that toHub wrote${ORACLE_NOTE}`, () => {
  const place = temporaryDirectory('suite');
  const expected: number[][] = [];
  const pictures: { shape: number[]; values: number[] }[] = [];
  let engine: SelectedEngine;
  let answers: readonly Answer[];

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
    const folders = NETWORKS.map((_, index) => place(`model-${index}`));
    for (const [index, [name, options]] of NETWORKS.entries()) {
      const model = createResnet(name, {
        ...{ inputShape: [64, 64, 3], classes: 3, classifierActivation: null },
        ...options,
      } as ResNetOptions);
      fillByFormula(model);
      updateModelMetadata(model, {
        classNames: ['a', 'b', 'c'],
        preprocessing: {
          ...{ imageSize: [64, 64], resize: 'bicubic', aspect: 'resizeCrop', cropFraction: 0.9 },
          normalization: PIXEL_NORMALIZATIONS.tf,
        },
      });
      await toHub(model, folders[index]!, { license: 'mit', metrics: { accuracy: 0.5 } });
      const picture = tf.randomNormal(
        [1, ...model.inputs[0]!.shape.slice(1)] as number[],
        0,
        1,
        'float32',
        3,
      );
      const output = model.predict(picture) as tf.Tensor;
      expected.push(Array.from(await output.data()));
      pictures.push({ shape: picture.shape, values: Array.from(await picture.data()) });
      tf.dispose([picture, output]);
      model.dispose();
    }
    const script = fileURLToPath(new URL('hub_folder.py', import.meta.url));
    answers = await runOracle<Answer[]>(script, { folders, pictures }, place('job.json'));
  }, 300_000);
  afterAll(() => engine.dispose());

  it.each(NETWORKS.map(([name, options], index) => [name, options, index] as const))(
    'gives timm the model that answers alike: %s %j',
    (_name, _options, index) => {
      const { output, labels } = answers[index]!;
      const largest = Math.max(...expected[index]!.map(Math.abs));
      output.forEach((value, i) => {
        expect(Math.abs(value - expected[index]![i]!) / largest).toBeLessThan(1e-4);
      });
      expect(labels).toEqual(['a', 'b', 'c']);
    },
  );

  it('tells timm how pictures are read, and a reader what was measured', async () => {
    expect(answers[0]!.data).toEqual({
      input_size: [3, 64, 64],
      interpolation: 'bicubic',
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      crop_pct: 0.9,
      crop_mode: 'center',
    });
    const card = await readFile(place('model-0', 'README.md'), 'utf8');
    expect(card).toMatch(
      /^---\nlibrary_name: timm\n[^]*license: "mit"[^]*\| accuracy \| 0\.5 \|[^]*Classes: a, b, c\./,
    );
  });
});
