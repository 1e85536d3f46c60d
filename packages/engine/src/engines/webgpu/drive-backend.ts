/// <reference types="@webgpu/types" />

import * as tf from '@tensorflow/tfjs-core';
import { ZooError } from '@zoo/core';

import { TENSOR_USAGE, type CommandStream } from './command-stream';
import type { DeferredTensors } from './deferred-tensors';
import type { StockBackend, StockProgram, TensorData, UniformField } from './stock-backend';
import { packUniforms } from './uniforms';

const BYTES_A_VALUE = 4;

/**
 * Makes TensorFlow.js' WebGPU backend record its commands in `stream` and take its buffers from the stream's pool.
 *
 * TensorFlow.js submits every 15 dispatches, writes one uniform buffer for each, keeps a disposed tensor's buffer until the next
 * submission and creates a staging buffer for every upload. Its kernels call these methods and stay as they are. Whoever is about to look
 * at a tensor's data calls one of them too: `deferred` computes it then, if it waits.
 */
export function driveBackend(backend: StockBackend, stream: CommandStream, deferred: DeferredTensors): void {
  const { pool } = stream;
  const { tensorMap } = backend;
  const bufferOf = (dataId: object): GPUBuffer => tensorMap.get(dataId).resource as GPUBuffer;
  const adopt = (buffer: GPUBuffer, shape: number[], dtype: tf.DataType): tf.TensorInfo => {
    const tensor = backend.makeTensorInfo(shape, dtype);
    tensorMap.get(tensor.dataId).resource = buffer;
    return tensor;
  };
  const copyOf = (buffer: GPUBuffer): GPUBuffer => {
    const copy = pool.acquireBuffer(buffer.size, buffer.usage);
    stream.copy(buffer, copy, buffer.size);
    return copy;
  };
  const executesOnCpu = backend.shouldExecuteOnCPU.bind(backend);
  const overrides: Partial<StockBackend> = {
    bufferManager: pool,
    disposeData(dataId, force = false) {
      if (!tensorMap.has(dataId)) return true;
      const data = tensorMap.get(dataId);
      if (force || data.refCount <= 1) forget(deferred, stream, dataId);
      data.refCount = force ? 0 : data.refCount - 1;
      if (data.refCount > 0) return false;
      if (data.complexTensorInfos !== undefined) {
        backend.disposeData(data.complexTensorInfos.real.dataId);
        backend.disposeData(data.complexTensorInfos.imag.dataId);
      }
      backend.releaseResource(dataId);
      tensorMap.delete(dataId);
      return true;
    },
    submitQueue: () => stream.submit(),
    getBufferData: async (buffer) => stream.read(buffer, buffer.size),
    copyBuffer: copyOf,
    readToGPU(dataId) {
      deferred.settle(dataId);
      const { shape, dtype, resource } = tensorMap.get(dataId);
      if (resource == null || dtype === 'complex64') {
        throw new ZooError('unsupported', 'This tensor has no buffer on the graphics card to share.');
      }
      const buffer = copyOf(bufferOf(dataId));
      const copy = adopt(buffer, shape, dtype);
      stream.submit();
      const tensorRef = tf.engine().makeTensorFromTensorInfo(copy, backend);
      return { tensorRef, buffer };
    },
    async read(dataId: object) {
      deferred.settle(dataId);
      return readTensor(backend, stream, dataId);
    },
    readSync(dataId: object) {
      return heldValues(tensorMap.get(dataId));
    },
    uploadToGPU(dataId) {
      deferred.settle(dataId);
      upload(stream, tensorMap.get(dataId));
    },
    shouldExecuteOnCPU(inputs, sizeThreshold) {
      // It takes a tensor without a buffer for one whose values are on the host.
      for (const { dataId } of inputs) deferred.settle(dataId);
      return executesOnCpu(inputs, sizeThreshold);
    },
    recordAndSubmit(program, output, inputs, uniforms) {
      stream.dispatch({
        label: program.constructor.name.replace(/Program$/, ''),
        pipeline: program.pipeline,
        resources: [output, ...inputs].map((tensor) => backend.tensorToBinding(tensor)),
        uniforms: packUniforms(stockUniforms(program, output, inputs, uniforms)),
        workgroups: program.dispatch,
      });
    },
  };
  Object.assign(backend, overrides);
}

/** A tensor can always be disposed: what fails meanwhile is told to whoever computes or reads next. */
function forget(deferred: DeferredTensors, stream: CommandStream, dataId: object): void {
  try {
    deferred.forget(dataId);
  } catch (error) {
    stream.fail(error as ZooError);
  }
}

async function readTensor(
  backend: StockBackend,
  stream: CommandStream,
  dataId: object,
): Promise<tf.BackendValues> {
  const data = backend.tensorMap.get(dataId);
  if (data.values !== null && (data.values as unknown) !== undefined) return data.values;
  if (data.complexTensorInfos !== undefined) {
    const { real, imag } = data.complexTensorInfos;
    const [reals, imaginaries] = await Promise.all(
      [real, imag].map((part) => readTensor(backend, stream, part.dataId)),
    );
    return tf.backend_util.mergeRealAndImagArrays(reals as Float32Array, imaginaries as Float32Array);
  }
  const bytes = await stream.read(data.resource as GPUBuffer, sizeBytes(data));
  const values = tf.util.convertBackendValuesAndArrayBuffer(bytes, data.dtype);
  data.values = values;
  return values;
}

/** The values of a tensor that are on the host already. */
function heldValues(data: TensorData): tf.BackendValues {
  if (data.values != null) return data.values;
  if (data.complexTensorInfos === undefined && data.dtype === 'string') return [];
  throw new ZooError(
    'unsupported',
    "The values of this tensor are on the graphics card, which can't be read synchronously. Use `await tensor.data()`.",
  );
}

/** Gives a tensor its buffer, with the host's values if there are any. */
function upload(stream: CommandStream, data: TensorData): void {
  if (data.resource != null) return;
  const { values } = data;
  const buffer = stream.pool.acquireBuffer(sizeBytes(data), TENSOR_USAGE, {
    isSettled: values != null,
    shape: data.shape,
  });
  data.resource = buffer;
  if (values == null) return;
  const words =
    data.dtype === 'float32'
      ? values instanceof Float32Array
        ? values
        : Float32Array.from(values as ArrayLike<number>)
      : values instanceof Int32Array
        ? values
        : Int32Array.from(values as ArrayLike<number>);
  stream.write(buffer, words);
  data.values = null;
}

function sizeBytes({ dtype, shape }: TensorData): number {
  return tf.util.sizeFromShape(shape) * (dtype === 'complex64' ? 2 : 1) * BYTES_A_VALUE;
}

/** The uniform struct that TensorFlow.js' shaders declare: NaN, infinity, shapes with strides, the size, the program's own. */
function stockUniforms(
  program: StockProgram,
  output: tf.TensorInfo,
  inputs: readonly tf.TensorInfo[],
  own: readonly UniformField[] = [],
): UniformField[] {
  const integers = (data: number[]): UniformField => ({ type: 'int32', data });
  const fields: UniformField[] = [];
  if (program.pixelsOpType === undefined) {
    fields.push({ type: 'float32', data: [Number.NaN] }, { type: 'float32', data: [Infinity] });
    for (const { shape } of [...inputs, output]) {
      fields.push(integers(shape), integers(tf.util.computeStrides(shape)));
    }
  } else {
    fields.push(integers(tf.util.computeStrides(output.shape)));
  }
  if (program.size === true) {
    const size = tf.util.sizeFromShape(program.outputShape);
    fields.push(integers([size / (program.outputComponent ?? 1)]));
  }
  return [...fields, ...own];
}
