import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { loadLayersModel, saveLayersModel } from '@zoo/weights/node';
import { beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';

import { COLORS, writePictureFolder } from './picture-folder';
import { zoo } from './zoo';

const place = temporaryDirectory('suite');
let pictures: string;

/** Two convolutions of which the second reads the first alone, whose channels may go: of 16 all but the first 8 are small. */
async function writeModel(): Promise<void> {
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ name: 'first', filters: 16, kernelSize: 1, inputShape: [8, 8, 3] }),
      tfl.layers.conv2d({ name: 'second', filters: 4, kernelSize: 1 }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  setModelMetadata(model, {
    classNames: Object.keys(COLORS),
    preprocessing: { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale },
  });
  await saveLayersModel(model, place('model'));
  model.dispose();
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  pictures = await writePictureFolder(place('pictures'), { count: 2, size: 8 });
  await writeModel();
});

const prune = (output: string, ...options: readonly string[]) =>
  zoo('prune', place('model'), output, ...options, '--engine', 'cpu');

describe('zoo prune', () => {
  it('writes a folder with fewer channels, and says what that costs', async () => {
    const { status, output, errors } = await prune(place('small'), '--share', '0.5', '--data', pictures);
    expect({ status, errors }).toMatchObject({ status: 0 });
    expect(output).toMatch(
      new RegExp(
        `^${place('small')}\n` +
          'channels +16 before, 8 after; convolutions changed: 1\n' +
          'parameters 147 before, 83 after: 56.46 %\n' +
          'accuracy +\\d+\\.\\d\\d % before, \\d+\\.\\d\\d % after, on 6 pictures\n' +
          'agreement +\\d+\\.\\d\\d % of the first classes; outputs differ by at most \\d.*\n$',
      ),
    );
    const small = await loadLayersModel(place('small'));
    expect(small.getLayer('first').getWeights()[0]!.shape).toEqual([1, 1, 3, 8]);
    small.dispose();
  });

  it('takes how many channels stay and by what', async () => {
    const { status, output } = await prune(
      ...([
        place('odd'),
        '--share',
        '0.5',
        '--multiple',
        '3',
        '--importance',
        'kernelNorm',
        '--json',
      ] as const),
    );
    expect(status).toBe(0);
    expect(JSON.parse(output)).toEqual({
      output: place('odd'),
      convolutions: [{ layer: 'first', channelsBefore: 16, channelsAfter: 9 }],
      parametersBefore: 147,
      parametersAfter: 91,
    });
  });

  it.each(['small.keras', 'small.h5'])('writes a whole model as %s', async (name) => {
    expect(await prune(place(name), '--share', '0.5')).toMatchObject({ status: 0 });
    expect(await zoo('summary', place(name))).toMatchObject({
      status: 0,
      output: expect.stringContaining('83') as string,
    });
  });

  it('says of weights alone that no network has their channels', async () => {
    const { status, errors } = await prune(place('small.safetensors'), '--share', '0.5');
    expect(status).toBe(0);
    expect(errors).toContain('no network of the zoo has these channels');
  });

  it.each([
    [['small.png', '--share', '0.5'], 1, 'Expected a name that ends'],
    [['none', '--share', '0.01'], 1, 'none does: a smaller --multiple or a larger --share may help'],
    [['none', '--share', '1'], 2, '--share'],
    [['none'], 2, '--share'],
  ])('refuses %j', async ([name, ...options], expected, message) => {
    const { status, errors } = await prune(place(name!), ...options);
    expect(status).toBe(expected);
    expect(errors).toContain(message);
  });
});
