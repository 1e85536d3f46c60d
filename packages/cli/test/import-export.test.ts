import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { modelMetadata, PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { createResnet } from '@zoo/resnet';
import { loadLayersModel, saveKerasH5, saveKerasWeights, saveSafetensors } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { zoo } from './zoo';

const akamaster = realData('torch/resnet20-12fca82f.th');

const place = temporaryDirectory('suite');
let expected: number[];

/** What a model makes of a picture that a formula paints. */
function outputsOf(model: tfl.LayersModel): number[] {
  return tf.tidy(() => {
    const picture = tf.reshape(tf.sin(tf.range(0, 16 * 16 * 3)), [1, 16, 16, 3]);
    return Array.from((model.predict(picture) as tf.Tensor).dataSync());
  });
}

async function outputsOfSaved(path: string): Promise<number[]> {
  const model = await loadLayersModel(path);
  const outputs = outputsOf(model);
  model.dispose();
  return outputs;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  const model = createResnet('resnet20', { inputShape: [16, 16, 3], classes: 3, seed: 4 });
  expected = outputsOf(model);
  await saveKerasH5(model, place('model.h5'));
  await saveKerasWeights(model, place('model.weights.h5'));
  model.dispose();
});

/** What each command that opens a model is called with, behind the model. */
const OPENING = {
  import: () => ['--output', place('open-import')],
  export: () => [place('open.onnx')],
  summary: () => [],
  predict: () => [place('none.png'), place('none-too.png'), '--normalization', 'scale'],
} as const;

describe('a file of weights alone that leaves its network open', () => {
  const command = (name: keyof typeof OPENING, ...more: string[]) =>
    zoo(name, place('open.safetensors'), ...OPENING[name](), ...more);
  const rest = ['--shortcut', 'average-pad-both', '--image-size', '16'];

  beforeAll(async () => {
    const model = createResnet('resnet20', {
      inputShape: [16, 16, 3],
      classes: 3,
      shortcut: 'average-pad-both',
    });
    // As another program writes it.
    setModelMetadata(model, {});
    await saveSafetensors(model, place('open.safetensors'));
    model.dispose();
  });

  it.each(Object.keys(OPENING) as (keyof typeof OPENING)[])(
    'is opened by zoo %s with the option that its refusal asks for',
    async (name) => {
      const refused = await command(name, ...rest);
      expect(refused).toMatchObject({ status: 1, output: '' });
      expect(refused.errors).toMatch(/Expected one of 'torchvision', .* for `--variant` but/);
      const { errors } = await command(name, ...rest, '--variant', 'torchvision');
      expect(errors).not.toMatch(/Expected one of|weights|Expected nothing/);
    },
  );
});

describe('zoo import', () => {
  it('turns a Keras file with its architecture into a LayersModel of equal outputs', async () => {
    const { status, output } = await zoo('import', place('model.h5'), '--output', place('imported'));
    expect({ status, output }).toEqual({
      status: 0,
      output: `${place('imported')}: resnet20, 270,643 parameters\n`,
    });
    expect(await outputsOfSaved(place('imported'))).toEqual(expected);
  });

  it('builds the network that a file of weights alone says, or is told, it belongs to', async () => {
    const bare = ['import', place('model.weights.h5'), '--output', place('bare')];
    expect((await zoo(...bare, '--image-size', '16')).status).toBe(0);
    const named = ['--model', 'resnet20', '--classes', '3', '--image-size', '16', '--output', place('named')];
    expect((await zoo('import', place('model.weights.h5'), ...named)).status).toBe(0);
    for (const name of ['bare', 'named']) expect(await outputsOfSaved(place(name))).toEqual(expected);
  });

  it.each([
    ['model.weights.h5', ['--classes', '7'], /Expected 3, the outputs that the file has .* for `--classes`/],
    ['model.h5', ['--classes', '7'], /Expected 3, the outputs that the file has .* for `--classes`/],
    ['model.h5', ['--by', 'topology'], /a network to fit the weights into for `--by` .* give --model too/],
    ['model.h5', ['--rename', 'a=b'], /a network to fit the weights into for `--rename`/],
    ['model.h5', ['--variant', 'keras'], /nothing for `--variant` .* says itself what network it holds/],
    ['model.weights.h5', ['--rename', 'conv1_conv=other'], /1 unexpected in the file: other/],
  ])('drops no option in silence: %s with %j', async (name, options, sentence) => {
    const { status, errors } = await zoo('import', place(name), ...options, '--output', place('refused'));
    expect(status).toBe(1);
    expect(errors).toMatch(sentence);
    expect(existsSync(place('refused'))).toBe(false);
  });

  it('keeps what is said about pictures', async () => {
    const said = ['--normalization', 'scale', '--resize', 'nearest', '--output', place('described')];
    await zoo('import', place('model.h5'), ...said);
    const model = await loadLayersModel(place('described'));
    const metadata = modelMetadata(model);
    model.dispose();
    expect(metadata).toEqual({
      architecture: 'resnet20',
      architectureOptions: {},
      preprocessing: { normalization: PIXEL_NORMALIZATIONS.scale, resize: 'nearest' },
    });
  });

  it('writes nothing if the weights do not fit the network', async () => {
    const { status, errors } = await zoo(
      ...['import', place('model.weights.h5'), '--model', 'resnet32', '--output', place('unfit')],
    );
    expect(status).toBe(1);
    expect(errors).toMatch(
      /^error: Expected the weights in .*model\.weights\.h5 to fit the model 'resnet32'/,
    );
    expect(existsSync(place('unfit'))).toBe(false);
  });

  it.skipIf(akamaster.isAbsent)(`reads a PyTorch file${akamaster.note}`, async () => {
    const { status, output } = await zoo(
      ...[
        'import',
        akamaster.path,
        '--model',
        'resnet20',
        '--normalization',
        'torch',
        '--output',
        place('torch'),
      ],
    );
    expect(status).toBe(0);
    expect(output).toContain('resnet20');
  });
});

describe('zoo export', () => {
  it.each(['h5', 'keras'])('writes .%s, which imports again with equal outputs', async (extension) => {
    await zoo('import', place('model.h5'), '--output', place('round'));
    const file = place(`again.${extension}`);
    const { status, output } = await zoo('export', place('round'), file);
    expect({ status, output }).toEqual({ status: 0, output: `${file}\n` });
    await zoo('import', file, '--output', place(`from-${extension}`));
    expect(await outputsOfSaved(place(`from-${extension}`))).toEqual(expected);
  });

  it('writes .safetensors and .weights.h5, which import again into the network by its name', async () => {
    for (const file of [place('again.safetensors'), place('again.weights.h5')]) {
      expect((await zoo('export', place('model.h5'), file)).status).toBe(0);
      const named = [
        '--model',
        'resnet20',
        '--classes',
        '3',
        '--image-size',
        '16',
        '--output',
        `${file}-model`,
      ];
      expect((await zoo('import', file, ...named)).status).toBe(0);
      expect(await outputsOfSaved(`${file}-model`)).toEqual(expected);
    }
  });

  it('writes float16 into .safetensors, of half the bytes', async () => {
    const [whole, half] = [place('whole.safetensors'), place('half.safetensors')];
    expect((await zoo('export', place('model.h5'), whole)).status).toBe(0);
    expect((await zoo('export', place('model.h5'), half, '--dtype', 'float16')).status).toBe(0);
    const [wholeBytes, halfBytes] = [(await stat(whole)).size, (await stat(half)).size];
    expect(halfBytes / wholeBytes).toBeLessThan(0.55);
  });

  it('refuses float16 in a format without it, and writes nothing', async () => {
    const { status, errors } = await zoo(
      'export',
      place('model.h5'),
      place('half.keras'),
      '--dtype',
      'float16',
    );
    expect(status).toBe(1);
    expect(errors).toContain(
      'Expected a name that ends in .safetensors or .onnx with --dtype float16 for `<file>`',
    );
    expect(existsSync(place('half.keras'))).toBe(false);
  });

  it('writes .onnx', async () => {
    expect((await zoo('export', place('model.h5'), place('model.onnx'))).status).toBe(0);
    // Field 1 of an ONNX ModelProto, the version of its format, as a variable-length integer.
    expect((await readFile(place('model.onnx')))[0]).toBe(0x08);
  });

  it.each(['h5', 'keras', 'safetensors', 'weights.h5'])(
    'keeps in .%s what the model says of its pictures, for the next import',
    async (ending) => {
      const said = ['--normalization', 'tf', '--aspect', 'resizeCrop', '--crop-fraction', '0.875'];
      await zoo('import', place('model.h5'), ...said, '--output', place('told'));
      expect((await zoo('export', place('told'), place(`told.${ending}`))).status).toBe(0);
      const size = ending === 'h5' || ending === 'keras' ? [] : ['--image-size', '16'];
      await zoo('import', place(`told.${ending}`), ...size, '--output', place(`told-${ending}`));
      const model = await loadLayersModel(place(`told-${ending}`));
      expect(modelMetadata(model)?.preprocessing).toMatchObject({
        normalization: PIXEL_NORMALIZATIONS.tf,
        aspect: 'resizeCrop',
        cropFraction: 0.875,
      });
      model.dispose();
    },
  );

  it('says nothing of TensorFlow.js’ own', async () => {
    const { errors } = await zoo('export', place('model.h5'), place('quiet.h5'));
    expect(errors).toBe('');
  });

  it('names the extensions it knows for any other', async () => {
    const { status, errors } = await zoo('export', place('model.h5'), place('model.pb'));
    expect(status).toBe(1);
    expect(errors).toContain('.keras');
  });
});
