import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { blurPooling, createRandom, isZooError } from '@zoo/core';
import { beforeAll, describe, expect, it } from 'vitest';

import { exportOnnx, type OnnxOptions } from '../src';
import { modelGraph } from '../src/onnx/model-graph';
import type { OnnxModel } from '../src/onnx/onnx-proto';
import { quantizeGraph } from '../src/onnx/quantize-graph';
import { storeKernels } from '../src/onnx/store-kernels';

import { nestedModel, smallResidualNet } from './support/small-models';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function pictures(count: number, shape = [8, 8, 3], value?: number): tf.Tensor {
  const random = createRandom(1);
  const length = count * tf.util.sizeFromShape(shape);
  return tf.tensor(
    Float32Array.from({ length }, () => value ?? random.normal()),
    [count, ...shape],
  );
}

/** The graph of a model in whole numbers, every activation between -1 and `high`. */
async function quantized(model: tfl.LayersModel, low = -1): Promise<OnnxModel> {
  const { graph, callOutputs } = await modelGraph(model);
  const names = [...graph.inputs.map(({ name }) => name), ...callOutputs];
  const relus = new Set(
    graph.nodes.filter(({ operator }) => operator === 'Relu').map(({ outputs }) => outputs[0]!),
  );
  const ranges = names.map((name) => [name, { low: relus.has(name) ? 0 : low, high: 1 }] as const);
  model.dispose();
  return quantizeGraph(graph, new Map(ranges));
}

const operators = ({ nodes }: OnnxModel) => nodes.map(({ operator }) => operator);

describe('the graph in whole numbers', () => {
  it('has the pairs of the tool of onnxruntime around each operator, and no activation that they clip', async () => {
    const graph = await quantized(smallResidualNet());
    const pairs = operators(graph).filter((operator) => operator === 'QuantizeLinear').length;
    // The input before and after its transposition, three convolutions, a sum, the pool and its flat form.
    expect(pairs).toBe(8);
    expect(operators(graph)).not.toContain('Relu');
    expect(operators(graph).filter((operator) => operator === 'Conv')).toHaveLength(3);
  });

  it('reads and writes every value behind its pair', async () => {
    const graph = await quantized(nestedModel());
    const known = new Set([...graph.inputs, ...graph.constants].map(({ name }) => name));
    for (const { inputs, outputs } of graph.nodes) {
      for (const input of inputs) expect(known).toContain(input);
      for (const output of outputs) {
        expect(known).not.toContain(output);
        known.add(output);
      }
    }
  });

  it('leaves the last layer in float32: logits keep their digits', async () => {
    const graph = await quantized(smallResidualNet());
    expect(operators(graph).slice(-3)).toEqual(['Gemm', 'Softmax', 'Identity']);
  });

  it('has kernels of int8 without zero-points, and biases of int32 in steps of their products', async () => {
    const graph = await quantized(smallResidualNet());
    const constants = new Map(graph.constants.map(({ name, values }) => [name, values]));
    const kernel = graph.nodes.filter(({ inputs }) => constants.get(inputs[0]!) instanceof Int8Array);
    expect(kernel).toHaveLength(4);
    for (const { inputs } of kernel)
      expect([...constants.get(inputs[2]!)!].every((zero) => zero === 0)).toBe(true);
    const bias = graph.nodes.find(({ outputs }) => outputs[0] === 'a_conv_bias')!;
    const input = graph.nodes.find(({ outputs }) => outputs[0] === 'pixels_quantized')!;
    const scale = (name: string) => constants.get(name) as Float32Array;
    const expected = scale('a_conv_kernel_scale').map((each) => each * scale(input.inputs[1]!)[0]!);
    expect(scale(bias.inputs[1]!)).toEqual(expected);
    expect(constants.get(bias.inputs[0]!)).toBeInstanceOf(Int32Array);
  });

  it('blurs by whole sixteenths, exactly', async () => {
    const input = tfl.input({ shape: [6, 6, 2] });
    const model = tfl.model({ inputs: input, outputs: blurPooling({ name: 'blur' }).apply(input) as never });
    const { constants } = storeKernels((await modelGraph(model)).graph, 'int8');
    model.dispose();
    const values = new Map(constants.map((constant) => [constant.name, constant.values]));
    const binomial = [1, 2, 1, 2, 4, 2, 1, 2, 1];
    expect([...values.get('blur_kernel_quantized')!]).toEqual([...binomial, ...binomial]);
    expect([...values.get('blur_kernel_scale')!]).toEqual([1 / 16, 1 / 16]);
  });

  it('keeps an activation whose range it does not know', async () => {
    const model = tfl.sequential();
    model.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [6, 6, 2], activation: 'elu' }));
    model.add(tfl.layers.conv2d({ filters: 2, kernelSize: 3 }));
    const graph = await quantized(model);
    expect(operators(graph)).toContain('Elu');
  });

  it('takes each call of a shared layer for one of its own', async () => {
    const shared = tfl.layers.dense({ units: 4, name: 'shared' });
    const input = tfl.input({ shape: [4] });
    const output = shared.apply(shared.apply(input)) as tfl.SymbolicTensor;
    const graph = await quantized(tfl.model({ inputs: input, outputs: output }));
    // Called twice, it counts two users.
    shared.dispose();
    expect(operators(graph).filter((operator) => operator === 'Gemm')).toHaveLength(2);
  });
});

describe('exportOnnx with a calibration', () => {
  it('takes one picture, several batches, and the same again for the same bytes', async () => {
    const model = smallResidualNet();
    const one = await exportOnnx(model, { dtype: 'int8', calibration: [pictures(1)] });
    expect(one.byteLength).toBeGreaterThan(1000);
    const both = [0, 1].map(() =>
      exportOnnx(model, { dtype: 'int8', calibration: [pictures(2), pictures(3)] }),
    );
    const [first, second] = await Promise.all(both);
    expect(first).toEqual(second);
    model.dispose();
  });

  it('refuses a source without a batch', async () => {
    const model = smallResidualNet();
    await expect(exportOnnx(model, { dtype: 'int8', calibration: [] })).rejects.toThrow(
      'Expected at least one batch of pictures for `options.calibration` but received 0.',
    );
    model.dispose();
  });

  it('refuses pictures of another size, and disposes them', async () => {
    const model = smallResidualNet();
    const calibration = [pictures(1), pictures(1, [9, 8, 3])];
    await expect(exportOnnx(model, { dtype: 'int8', calibration })).rejects.toThrow(
      'Expected batches of the shape [any, 8, 8, 3] for `options.calibration` but received',
    );
    expect(calibration.map(({ isDisposed }) => isDisposed)).toEqual([true, true]);
    model.dispose();
  });

  it('refuses an empty batch', async () => {
    const model = smallResidualNet();
    const calibration = [tf.zeros([0, 8, 8, 3])];
    await expect(exportOnnx(model, { dtype: 'int8', calibration })).rejects.toThrow(
      'Expected batches of the shape',
    );
    model.dispose();
  });

  it.each([NaN, Infinity])('refuses pictures with %s by the batch', async (value) => {
    const model = smallResidualNet();
    const calibration = [pictures(1), pictures(1, [8, 8, 3], value)];
    const refused = exportOnnx(model, { dtype: 'int8', calibration });
    await expect(refused).rejects.toThrow('batch 2 of `calibration`');
    await expect(refused).rejects.toSatisfy((error) => isZooError(error, 'not-finite'));
    model.dispose();
  });

  it('refuses pictures that overflow in a layer by its name', async () => {
    const model = smallResidualNet();
    const calibration = [pictures(1, [8, 8, 3], 3e38)];
    await expect(exportOnnx(model, { dtype: 'int8', calibration })).rejects.toThrow('layer a_bn at batch 1');
    model.dispose();
  });

  it('passes on the error of a source, and leaves no tensor', async () => {
    const model = smallResidualNet();
    const calibration = (async function* () {
      yield pictures(1);
      await Promise.resolve();
      throw new Error('the disk is gone');
    })();
    await expect(exportOnnx(model, { dtype: 'int8', calibration })).rejects.toThrow('the disk is gone');
    model.dispose();
  });

  it('refuses a layer that ONNX has not by its name, and looks at no picture', async () => {
    const model = tfl.sequential();
    model.add(tfl.layers.embedding({ inputDim: 3, outputDim: 2, name: 'words', inputLength: 4 }));
    const calibration = (function* (): Generator<tf.Tensor> {
      throw new Error('asked for a picture');
      yield pictures(1);
    })();
    await expect(exportOnnx(model, { dtype: 'int8', calibration })).rejects.toThrow("Embedding ('words')");
    model.dispose();
  });

  it.each<OnnxOptions>([
    { calibration: [] },
    { reduceRange: true },
    { dtype: 'float16', calibrationMethod: 'minMax' },
  ])('refuses %j without int8', async (options) => {
    const model = smallResidualNet();
    await expect(exportOnnx(model, options)).rejects.toThrow("Expected 'int8' with `");
    model.dispose();
  });

  it('refuses what is no source of batches', async () => {
    const model = smallResidualNet();
    const options = { dtype: 'int8', calibration: 5 } as unknown as OnnxOptions;
    await expect(exportOnnx(model, options)).rejects.toThrow('Expected batches to iterate over for');
    model.dispose();
  });

  it('runs a model with two inputs on pairs of tensors', async () => {
    const inputs = ['a', 'b'].map((name) => tfl.input({ shape: [4], name }));
    const sum = tfl.layers.add().apply(inputs) as tfl.SymbolicTensor;
    const output = tfl.layers.dense({ units: 2 }).apply(sum) as tfl.SymbolicTensor;
    const model = tfl.model({ inputs, outputs: output });
    const pair = () => [tf.ones([2, 4]), tf.zeros([2, 4])];
    await expect(exportOnnx(model, { dtype: 'int8', calibration: [pair(), pair()] })).resolves.toBeInstanceOf(
      Uint8Array,
    );
    model.dispose();
  });
});
