/// <reference types="@webgpu/types" />

import * as tf from '@tensorflow/tfjs-core';

import { CommandStream, TENSOR_USAGE } from './command-stream';
import { createDeviceMemory } from './device-memory';
import type { Dispatch, Scratch, Shader } from './dispatch';
import { driveBackend } from './drive-backend';
import { integersToFloats } from './kernels/integers-to-floats';
import type { ProductSettings } from './kernels/product';
import { TileTable } from './kernels/tile-table';
import type { StockBackend } from './stock-backend';
import { watchDevice } from './watch-device';

const BYTES_A_VALUE = 4;

/** What the zoo's WebGPU kernels work with: TensorFlow.js' backend, tensors' buffers, pipelines and the command stream. */
export class WebgpuContext {
  readonly engineTitle = 'WebGPU';
  readonly backendName = 'webgpu';
  /** How matrix products and convolutions are computed; may be changed between kernels. */
  readonly products: ProductSettings;
  private outputs: tf.TensorInfo[] = [];
  private scratches: Scratch[] = [];
  private readonly pipelines = new Map<string, GPUComputePipeline>();

  constructor(
    readonly backend: StockBackend,
    readonly stream: CommandStream,
  ) {
    const tiles = new TileTable({ isSoftware: computesInSoftware(stream.device) });
    this.products = { tiles, precision: 'float32' };
  }

  get device(): GPUDevice {
    return this.stream.device;
  }

  /** A limit of the device, such as 'maxComputeWorkgroupStorageSize'. */
  limit(name: keyof Omit<GPUSupportedLimits, '__brand'>): number {
    return this.device.limits[name];
  }

  /** True if shaders may use subgroup operations (`enable subgroups;`). */
  get hasSubgroups(): boolean {
    return this.hasFeature('subgroups');
  }

  /** True if shaders may compute with 16-bit floats (`enable f16;`). */
  get hasFloat16(): boolean {
    return this.hasFeature('shader-f16');
  }

  hasFeature(name: string): boolean {
    return this.device.features.has(name);
  }

  /** A new tensor with unset values. */
  output(shape: readonly number[], dtype: tf.DataType = 'float32'): tf.TensorInfo {
    const tensor = this.backend.makeTensorInfo([...shape], dtype);
    this.outputs.push(tensor);
    return tensor;
  }

  /** Another tensor of the same data in another shape of the same size. */
  view(tensor: tf.TensorInfo, shape: readonly number[] = tensor.shape): tf.TensorInfo {
    this.backend.incRef(tensor.dataId);
    const view = { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
    this.outputs.push(view);
    return view;
  }

  /** Unset memory until the kernel returns; commands recorded by then may use it. */
  scratch(sizeBytes: number): Scratch {
    // Whole vec4s, as tensors have.
    const rounded = Math.ceil(sizeBytes / 16) * 16;
    const scratch = { buffer: this.stream.pool.acquireBuffer(rounded, TENSOR_USAGE), sizeBytes: rounded };
    this.scratches.push(scratch);
    return scratch;
  }

  /** Frees a tensor that the kernel made for itself. */
  release(tensor: tf.TensorInfo): void {
    this.outputs = this.outputs.filter((output) => output !== tensor);
    this.backend.disposeData(tensor.dataId);
  }

  /** Records a shader's run; it starts when the stream is submitted. Bindings may not overlap unless all are read only. */
  dispatch({ shader, bindings, uniforms, workgroups, flops }: Dispatch): void {
    this.stream.dispatch({
      label: shader.label,
      pipeline: this.pipelineOf(shader),
      resources: bindings.map((binding) => this.resourceOf(binding)),
      uniforms,
      workgroups,
      ...(flops !== undefined && { flops }),
    });
  }

  /** Copies a tensor's values to another of its size. */
  copy(source: tf.TensorInfo, target: tf.TensorInfo): void {
    const [from, to] = [source, target].map((tensor) => this.resourceOf(tensor).buffer);
    this.stream.copy(from!, to!, tf.util.sizeFromShape(source.shape) * BYTES_A_VALUE);
  }

  /** Drops the host's copy of a tensor's values, after a kernel has written the tensor in place. */
  wroteInPlace({ dataId }: tf.TensorInfo): void {
    this.backend.tensorMap.get(dataId).values = null;
  }

  /** True if other tensors share this one's data: a kernel that wrote it in place would change them too. */
  isShared({ dataId }: tf.TensorInfo): boolean {
    return this.backend.refCount(dataId) > 1;
  }

  /** Calls a kernel; afterwards its scratch memory is free, and its outputs too if it throws, since nobody will ever hold them. */
  calling<Result>(compute: () => Result): Result {
    const { outputs, scratches } = this;
    this.outputs = [];
    this.scratches = [];
    try {
      return compute();
    } catch (error) {
      for (const { dataId } of this.outputs) this.backend.disposeData(dataId);
      throw error;
    } finally {
      for (const { buffer } of this.scratches) this.stream.pool.releaseBuffer(buffer);
      this.outputs = outputs;
      this.scratches = scratches;
    }
  }

  private resourceOf(binding: tf.TensorInfo | Scratch): GPUBufferBinding {
    // Tensors have a method of the name `buffer`.
    if (!('dataId' in binding)) return { buffer: binding.buffer, size: binding.sizeBytes };
    this.backend.uploadToGPU(binding.dataId);
    const { resource, dtype } = this.backend.tensorMap.get(binding.dataId);
    if (binding.dtype === 'float32' && dtype !== 'float32') {
      // TensorFlow.js casts integers to floats by their name alone.
      const converted = this.scratch(tf.util.sizeFromShape(binding.shape) * BYTES_A_VALUE);
      this.dispatch(integersToFloats(this, binding, converted));
      return { buffer: converted.buffer, size: converted.sizeBytes };
    }
    const buffer = resource as GPUBuffer;
    const sizeBytes = tf.util.sizeFromShape(binding.shape) * BYTES_A_VALUE;
    // Whole vec4s: a buffer is at least as long.
    return { buffer, size: Math.min(buffer.size, Math.ceil(sizeBytes / 16) * 16) };
  }

  private pipelineOf({ key, label, code }: Shader): GPUComputePipeline {
    let pipeline = this.pipelines.get(key);
    if (pipeline === undefined) {
      const module = this.device.createShaderModule({ code: code(), label });
      pipeline = this.device.createComputePipeline({
        compute: { module, entryPoint: 'main' },
        layout: 'auto',
        label: key,
      });
      this.pipelines.set(key, pipeline);
    }
    return pipeline;
  }
}

function computesInSoftware(device: GPUDevice): boolean {
  // Newer than the declared types.
  const { adapterInfo } = device as { adapterInfo?: { architecture?: string; isFallbackAdapter?: boolean } };
  return adapterInfo?.isFallbackAdapter === true || adapterInfo?.architecture === 'swiftshader';
}

/** Gives TensorFlow.js' WebGPU backend a buffer pool and a command stream of the zoo's, and kernels a context to work in. */
export function createWebgpuContext(
  backend: StockBackend,
  memoryLimitBytes: number | undefined,
): WebgpuContext {
  const { device } = backend;
  const pool = createDeviceMemory(device, memoryLimitBytes, (error) => stream.fail(error));
  const stream = new CommandStream(device, pool);
  watchDevice(device, stream);
  driveBackend(backend, stream);
  return new WebgpuContext(backend, stream);
}
