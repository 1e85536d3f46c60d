import { readFile, writeFile } from 'node:fs/promises';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import {
  loadKerasModel,
  loadKerasWeights,
  loadTorchWeights,
  openSource,
  saveKeras,
  saveKerasH5,
  writeFileAtomically,
} from '../src/node';

import { nestedModel, outputsOf, smallResidualNet, weightValues, zeroWeights } from './support/small-models';

const place = temporaryDirectory('suite');

describe('saveKerasH5 and loadKerasModel', () => {
  it.each([
    ['a functional model', smallResidualNet],
    ['a sequential model with a nested one', nestedModel],
  ])('give back %s with identical outputs', async (_, build) => {
    const model = build();
    const path = place('model.h5');
    await saveKerasH5(model, path);
    const loaded = await loadKerasModel(path);
    expect(outputsOf(loaded)).toEqual(outputsOf(model));
    expect(loaded.name).toBe(model.name);
    expect(loaded.layers.map((layer) => layer.name)).toEqual(model.layers.map((layer) => layer.name));
    model.dispose();
    loaded.dispose();
  });

  it('keep the initializers that the architecture names', async () => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('initializers.h5'));
    const loaded = await loadKerasModel(place('initializers.h5'));
    const configOf = (m: tfl.LayersModel) =>
      (m.getLayer('a_conv').getConfig() as { kernelInitializer: unknown }).kernelInitializer;
    expect(configOf(loaded)).toEqual(configOf(model));
    model.dispose();
    loaded.dispose();
  });

  it('split a list of layers that is too long for one attribute, as Keras does', async () => {
    const model = tfl.sequential({ name: 'deep' });
    for (let i = 0; i < 700; i++) {
      const name = `layer_${i}_${'x'.repeat(90)}`;
      model.add(tfl.layers.activation({ name, activation: 'relu', ...(i === 0 ? { inputShape: [2] } : {}) }));
    }
    model.add(tfl.layers.dense({ units: 1, name: 'last' }));
    await saveKerasH5(model, place('deep.h5'));
    const loaded = await loadKerasModel(place('deep.h5'));
    expect(loaded.layers.length).toBe(model.layers.length);
    expect(weightValues(loaded)).toEqual(weightValues(model));
    model.dispose();
    loaded.dispose();
  });

  it('write nothing where the aborted signal came first', async () => {
    const model = smallResidualNet();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(saveKerasH5(model, place('aborted.h5'), { signal })).rejects.toThrow('enough');
    await expect(readFile(place('aborted.h5'))).rejects.toThrow('ENOENT');
    model.dispose();
  });
});

describe('loadKerasWeights', () => {
  it.each([
    ['weights only', true],
    ['a full model', false],
  ] as const)('loads %s by name', async (_, weightsOnly) => {
    const [source, target] = [smallResidualNet(), smallResidualNet('other')];
    await saveKerasH5(source, place('weights.h5'), { weightsOnly });
    zeroWeights(target);
    const report = await loadKerasWeights(target, place('weights.h5'));
    expect(weightValues(target)).toEqual(weightValues(source));
    expect(report.loaded).toHaveLength(source.weights.length);
    source.dispose();
    target.dispose();
  });

  it('loads from bytes, Blob and File alike', async () => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('sources.h5'));
    const bytes = new Uint8Array(await readFile(place('sources.h5')));
    const blob = new Blob([bytes]);
    for (const file of [bytes, bytes.buffer, blob, new File([blob], 'model.h5')]) {
      const loaded = await loadKerasModel(file);
      expect(outputsOf(loaded)).toEqual(outputsOf(model));
      loaded.dispose();
    }
    model.dispose();
  });

  it('names all that does not fit at once, and leaves the model as it was', async () => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('fit.h5'));
    const other = tfl.sequential({ name: 'other' });
    other.add(tfl.layers.conv2d({ name: 'a_conv', filters: 6, kernelSize: 3, inputShape: [8, 8, 3] }));
    other.add(tfl.layers.dense({ name: 'head', units: 2 }));
    const before = weightValues(other);
    await expect(loadKerasWeights(other, place('fit.h5'))).rejects.toMatchObject({
      code: 'weights-mismatch',
      message: expect.stringMatching(
        /2 missing in the file: head\/kernel, head\/bias; \d+ unexpected in the file: .*a_bn\/gamma:0.*; 2 of another shape: a_conv\/kernel \(model \[3, 3, 3, 6\], file \[3, 3, 3, 4\]\)/,
      ) as string,
    });
    expect(weightValues(other)).toEqual(before);
    model.dispose();
    other.dispose();
  });

  it('loads what fits and reports the rest when told to skip', async () => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('skip.h5'));
    const other = tfl.sequential({ name: 'other' });
    other.add(tfl.layers.conv2d({ name: 'a_conv', filters: 4, kernelSize: 3, inputShape: [8, 8, 3] }));
    other.add(tfl.layers.dense({ name: 'classes', units: 2 }));
    const report = await loadKerasWeights(other, place('skip.h5'), { skipMismatch: true });
    expect(report.loaded).toEqual(['a_conv/kernel', 'a_conv/bias']);
    expect(report.mismatched.map(({ name }) => name)).toEqual(['classes/kernel', 'classes/bias']);
    expect(weightValues(other)[0]).toEqual(weightValues(model)[0]);
    model.dispose();
    other.dispose();
  });

  it('loads by topology where names differ, and by name with a translation', async () => {
    const model = nestedModel();
    await saveKerasH5(model, place('names.h5'));
    const other = nestedModel();
    other.getLayer('dense').name = 'top';
    zeroWeights(other);
    await expect(loadKerasWeights(other, place('names.h5'))).rejects.toMatchObject({
      code: 'weights-mismatch',
    });
    await loadKerasWeights(other, place('names.h5'), { rename: { dense: 'top' } });
    expect(weightValues(other)).toEqual(weightValues(model));
    zeroWeights(other);
    await loadKerasWeights(other, place('names.h5'), { by: 'topology' });
    expect(weightValues(other)).toEqual(weightValues(model));
    model.dispose();
    other.dispose();
  });

  it('finds the classifier that files of keras.applications call `probs` and the code of today `predictions`', async () => {
    const [model, other] = [smallResidualNet(), smallResidualNet()];
    model.getLayer('classes').name = 'probs';
    other.getLayer('classes').name = 'predictions';
    await saveKerasH5(model, place('probs.h5'));
    zeroWeights(other);
    await loadKerasWeights(other, place('probs.h5'));
    expect(weightValues(other)).toEqual(weightValues(model));
    model.dispose();
    other.dispose();
  });

  it('reports progress and stops when aborted, the model as it was', async () => {
    const [model, other] = [smallResidualNet(), nestedModel()];
    await saveKerasH5(model, place('progress.h5'));
    const target = smallResidualNet('target');
    const before = weightValues(target);
    const controller = new AbortController();
    const seen: number[] = [];
    const loading = loadKerasWeights(target, place('progress.h5'), {
      signal: controller.signal,
      onProgress: ({ loadedWeights }) => {
        seen.push(loadedWeights);
        if (loadedWeights === 3) controller.abort(new Error('enough'));
      },
    });
    await expect(loading).rejects.toThrow('enough');
    expect(seen).toEqual([1, 2, 3]);
    expect(weightValues(target)).toEqual(before);
    [model, other, target].forEach((each) => each.dispose());
  });

  it('refuses a misspelt option, naming the right one', async () => {
    const model = nestedModel();
    const options = { skipMissmatch: true } as object;
    await expect(loadKerasWeights(model, place('x.h5'), options)).rejects.toThrow(
      "Did you mean 'skipMismatch'?",
    );
    model.dispose();
  });
});

describe('options', () => {
  it.each([
    [{ skipMismatch: 'yes' }, 'Expected true or false for `options.skipMismatch` but received "yes".'],
    [{ by: 'order' }, "one of 'name', 'topology' for `options.by`"],
    [{ rename: 'conv1' }, 'a function of a name, or a table of names for `options.rename`'],
    [{ signal: 5 }, 'an AbortSignal for `options.signal`'],
    [{ onProgress: true }, 'a function for `options.onProgress`'],
    [{ requests: { maximumBytes: -1 } }, '`options.requests.maximumBytes`'],
  ])('of a loader refuse %j', async (options, message) => {
    const model = nestedModel();
    const loading = loadKerasWeights(model, place('absent.h5'), options as never);
    await expect(loading).rejects.toThrow(message);
    model.dispose();
  });

  it('of a loader of names have no `by`', async () => {
    const model = nestedModel();
    const loading = loadTorchWeights(model, place('absent.pth'), { by: 'name' } as never);
    await expect(loading).rejects.toThrow('known options only');
    model.dispose();
  });

  it('of a saver and a source are refused under unknown names', async () => {
    const model = nestedModel();
    const unknown: object = { flush: true };
    await expect(saveKerasH5(model, place('none.h5'), unknown)).rejects.toThrow('received "flush"');
    await expect(openSource(place('none.h5'), unknown)).rejects.toThrow('received "flush"');
    await expect(writeFileAtomically(place('none'), '', unknown)).rejects.toThrow('received "flush"');
    model.dispose();
  });
});

describe('hostile and mistaken files', () => {
  it.each([
    ['nothing', '', /is empty/],
    ['a web page', '<!DOCTYPE html><html>', /is a web page/],
    [
      'a Git LFS pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:0',
      /is a Git LFS pointer.*git lfs pull/,
    ],
    ['text', 'hello', /can be recognised by its content/],
  ])('%s is named for what it is', async (_, content, message) => {
    await writeFile(place('strange.h5'), content);
    await expect(loadKerasModel(place('strange.h5'))).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(message) as string,
    });
  });

  it('a causal convolution, which TensorFlow.js can make and not run, runs when it is loaded', async () => {
    const model = tfl.sequential({
      layers: [tfl.layers.conv1d({ filters: 2, kernelSize: 3, padding: 'causal', inputShape: [7, 4] })],
    });
    await saveKerasH5(model, place('causal.h5'));
    model.dispose();
    const loaded = await loadKerasModel(place('causal.h5'));
    expect(tf.tidy(() => (loaded.predict(tf.ones([1, 7, 4])) as tf.Tensor).shape)).toEqual([1, 7, 2]);
    loaded.dispose();
  });

  it('a recurrent layer goes into a legacy .h5, and is refused for .keras, where Keras would not find it', async () => {
    const model = tfl.sequential({
      layers: [tfl.layers.lstm({ units: 2, inputShape: [7, 4], name: 'memory' })],
    });
    await saveKerasH5(model, place('lstm.h5'));
    const loaded = await loadKerasModel(place('lstm.h5'));
    expect(weightValues(loaded)).toEqual(weightValues(model));
    await expect(saveKeras(model, place('lstm.keras'))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining("'memory' keep them in cells") as string,
    });
    await expect(readFile(place('lstm.keras'))).rejects.toThrow('ENOENT');
    loaded.dispose();
    model.dispose();
  });

  it('a missing file is said to be missing', async () => {
    await expect(loadKerasModel(place('absent.h5'))).rejects.toMatchObject({ code: 'invalid-file' });
  });

  it('a file cut short anywhere is refused and changes nothing', async () => {
    const model = smallResidualNet();
    await saveKerasH5(model, place('whole.h5'));
    const bytes = new Uint8Array(await readFile(place('whole.h5')));
    const before = weightValues(model);
    for (let length = bytes.length - 1; length > 0; length -= 997) {
      const error: unknown = await loadKerasWeights(model, bytes.slice(0, length)).catch(
        (caught: unknown) => caught,
      );
      expect(error).toMatchObject({ code: 'invalid-file' });
    }
    expect(weightValues(model)).toEqual(before);
    model.dispose();
  });
});
