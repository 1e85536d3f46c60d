import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-wasm';
import { isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { OPTION_NAMES } from '../src/architecture/layer-options';
import { loadKerasModel, loadLayersModel, saveKeras, saveKerasH5, saveLayersModel } from '../src/node';

/** One model of one layer: an option varied, or several at once. */
interface Case {
  readonly class: string;
  /** The layer's name. */
  readonly layer: string;
  /** The option that is varied; null for a layer as it is, 'several' where all are drawn. */
  readonly option: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly inputs: readonly number[][];
  readonly inputShapes: readonly number[][];
  readonly outputs: readonly number[][];
  readonly outputShapes: readonly number[][];
}

interface Written {
  readonly cases: Readonly<Record<string, Case>>;
  /** Options of which Keras took no other value than the default, by class. */
  readonly unvaried: Readonly<Record<string, readonly string[]>>;
}

/** The layers that image networks are made of. */
const COMMON = [
  'Activation',
  'Add',
  'AveragePooling2D',
  'BatchNormalization',
  'CenterCrop',
  'Conv2D',
  'Conv2DTranspose',
  'DepthwiseConv2D',
  'GlobalAveragePooling2D',
  'PReLU',
  'Resizing',
  'Softmax',
  'UpSampling2D',
  'ZeroPadding2D',
];
/** Every layer takes minutes: `ZOO_LAYER_OPTIONS=all`, by hand; `=PReLU,Dense` only these. */
const SWEEP = process.env['ZOO_LAYER_OPTIONS'] ?? 'common';
const CLASSES = SWEEP === 'all' ? [...OPTION_NAMES.keys()] : SWEEP === 'common' ? COMMON : SWEEP.split(',');

const script = fileURLToPath(new URL('layer_options.py', import.meta.url));
const place = temporaryDirectory('suite');
/** Options that Keras takes no second value of: it refuses channels first in this layer without a graphics card. */
const UNVARIED: Readonly<Record<string, readonly string[]>> = { ConvLSTM2D: ['data_format'] };
/** Cells and models, whose layers have cases of their own; a layer that Keras 3 lacks. */
const LEFT_OUT = [
  'InputLayer',
  'ThresholdedReLU',
  'SimpleRNNCell',
  'GRUCell',
  'LSTMCell',
  'ConvLSTM2DCell',
  'StackedRNNCells',
];
/** Layers that hold layers: `.keras` is not written with them. */
const INNER_LAYERS = ['SimpleRNN', 'GRU', 'LSTM', 'RNN', 'ConvLSTM2D', 'Bidirectional', 'TimeDistributed'];
/** What precision takes away: Keras computes in the layer's type, we in float32. */
const HALF = /float16|bfloat16/;

describe.skipIf(isOracleAbsent)(`every option of the layers that load${ORACLE_NOTE}`, () => {
  let written: Written;
  const refused = new Set<string>();

  beforeAll(async () => {
    await tf.setBackend('cpu');
    const job = { step: 'write', folder: place(), classes: CLASSES };
    written = await runOracle(script, job, place('job.json'));
  });

  it('is known by its class: no layer of TensorFlow.js is without a list of options', () => {
    const names = Object.entries(tf.serialization.SerializationMap.getMap().classNameMap)
      .filter(
        ([name, [layerClass]]) => layerClass.prototype instanceof tfl.layers.Layer && !name.startsWith('Zoo'),
      )
      .map(([name]) => name);
    const others = ['Model', 'Functional', 'Sequential', 'CategoryEncoding', 'RandomWidth'];
    expect(names.filter((name) => !OPTION_NAMES.has(name) && !others.includes(name))).toEqual([]);
  });

  it('is varied: Keras takes another value for each of its options than the default', () => {
    const isVaried = ([name, options]: [string, readonly string[]]) =>
      LEFT_OUT.includes(name) || String(UNVARIED[name]) === String(options);
    expect(Object.entries(written.unvaried).filter((each) => !isVaried(each))).toEqual([]);
    const tried = new Set(Object.values(written.cases).map((each) => each.class));
    expect(CLASSES.filter((name) => !tried.has(name) && !LEFT_OUT.includes(name))).toEqual([]);
  });

  it.each(['cpu', 'wasm'])(
    "gives Keras' values or is refused by layer and option, on %s",
    async (backend) => {
      await tf.setBackend(backend);
      const faults: string[] = [];
      for (const [name, each] of Object.entries(written.cases)) {
        for (const ending of ['.keras', '.h5']) {
          const before = tf.memory().numTensors;
          const computed = await faultOf(each, `${name}${ending}`);
          const left = tf.memory().numTensors - before;
          const fault = computed ?? (left > 0 ? `leaves ${left} tensors behind` : undefined);
          if (fault !== undefined)
            faults.push(`${name}${ending} ${each.option} ${JSON.stringify(each.options)}: ${fault}`);
        }
      }
      expect(faults.join('\n')).toBe('');
    },
  );

  it('goes back to Keras and to TensorFlow.js as it came', async () => {
    await tf.setBackend('cpu');
    const loaded = Object.entries(written.cases).filter(
      ([name, { option }]) => option !== 'several' && !refused.has(`${name}.keras`),
    );
    const faults: string[] = [];
    for (const [name, each] of loaded) {
      const fault = await savedFaultOf(each, name);
      if (fault !== undefined) faults.push(`${name} ${JSON.stringify(each.options)}: ${fault}`);
    }
    const job = { step: 'read', folder: place(), cases: Object.fromEntries(loaded) };
    const answer = await runOracle<Record<string, string>>(script, job, place('job.json'));
    for (const [name, fault] of Object.entries(answer)) {
      const { option, options } = written.cases[name.replace(/\.\w+$/, '')]!;
      faults.push(`${name} ${option} ${JSON.stringify(options)}: ${fault}`);
    }
    expect(faults.join('\n')).toBe('');
  });

  /** Saves a case in every format; what is wrong with what TensorFlow.js' gives back, undefined if nothing. */
  async function savedFaultOf(each: Case, name: string): Promise<string | undefined> {
    const model = await loadKerasModel(place(`${name}.keras`));
    try {
      if (!hasSeveralAxes(each)) await saveKerasH5(model, place(`${name}-back.h5`));
      await saveLayersModel(model, place(`${name}-web`));
      const again = await loadLayersModel(place(`${name}-web`));
      const difference = differenceOf(outputsOf(again, each), outputsOf(model, each).values);
      disposeStates(again);
      again.dispose();
      if (!(difference < 1e-6)) return `differs by ${difference} by model.json`;
      // Layers of layers go to legacy files only.
      if (!INNER_LAYERS.includes(each.class)) await saveKeras(model, place(`${name}-back.keras`));
      return undefined;
    } catch (error) {
      return String(error);
    } finally {
      disposeStates(model);
      model.dispose();
    }
  }

  /** What is wrong with a case's file; undefined if it computes Keras' values or is refused as it should be. */
  async function faultOf(each: Case, file: string): Promise<string | undefined> {
    try {
      const model = await loadKerasModel(place(file));
      try {
        const outputs = outputsOf(model, each);
        if (String(outputs.shapes) !== String(each.outputShapes))
          return `shapes ${outputs.shapes.join(' ')} instead of ${each.outputShapes.join(' ')}`;
        const tolerance = HALF.test(each.options['dtype'] ?? '') ? 0.1 : 1e-4;
        const difference = differenceOf(outputs, each.outputs);
        return difference < tolerance ? undefined : `differs by ${difference}`;
      } finally {
        disposeStates(model);
        model.dispose();
      }
    } catch (error) {
      refused.add(file);
      if (!isZooError(error, 'unsupported')) return `fails: ${String(error)}`;
      const names = each.option === 'several' ? Object.keys(each.options) : [each.option ?? ''];
      const isNamed =
        error.message.includes(`'${each.layer}'`) && names.some((name) => error.message.includes(name));
      return isNamed ? undefined : `is refused without its option: ${error.message}`;
    }
  }
});

/** Keras 3 takes several axes in a legacy file for the last one, so that none is written. */
function hasSeveralAxes({ options }: Case): boolean {
  return /\d, /.test(options['axis'] ?? '');
}

/** States and dropout masks of recurrent layers, which TensorFlow.js keeps when the model is disposed. */
function disposeStates(model: tfl.LayersModel): void {
  for (const layer of model.layers as (tfl.layers.Layer & Partial<Recurrent>)[]) {
    const { dropoutMask, recurrentDropoutMask } = layer.cell ?? {};
    for (const kept of [layer.states_, layer.keptStates, dropoutMask, recurrentDropoutMask])
      if (kept !== null && kept !== undefined) tf.dispose(kept);
  }
}

interface Recurrent {
  readonly states_: tf.Tensor[] | null;
  readonly keptStates: tf.Tensor[][];
  readonly cell: Partial<Record<'dropoutMask' | 'recurrentDropoutMask', tf.Tensor | tf.Tensor[] | null>>;
}

interface Outputs {
  readonly shapes: readonly number[][];
  readonly values: readonly number[][];
}

function outputsOf(model: tfl.LayersModel, { inputs, inputShapes }: Case): Outputs {
  return tf.tidy(() => {
    const tensors = inputs.map((values, i) => tf.tensor(values, inputShapes[i]));
    const results = [model.predict(tensors.length === 1 ? tensors[0]! : tensors)].flat();
    return {
      shapes: results.map(({ shape }) => shape),
      values: results.map((result) => [...result.dataSync()]),
    };
  });
}

/** The largest difference, in units of the value where that is above one. */
function differenceOf({ values }: Outputs, expected: readonly (readonly number[])[]): number {
  const differences = expected.flatMap((output, i) =>
    output.map((value, k) => Math.abs(value - values[i]![k]!) / Math.max(1, Math.abs(value))),
  );
  return differences.reduce((most, each) => Math.max(most, each), 0);
}
