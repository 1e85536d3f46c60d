/// <reference types="@webgpu/types" />

import * as tf from '@tensorflow/tfjs-core';

import { CommandStream, TENSOR_USAGE } from './command-stream';
import { DeferredTensors, type DeferredPass } from './deferred-tensors';
import { createDeviceMemory } from './device-memory';
import type { Dispatch, Scratch, Shader } from './dispatch';
import { driveBackend } from './drive-backend';
import type { Epilogue } from './kernels/epilogue';
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
  /** The number of channels of tensors in which each channel's values add up to zero. */
  private readonly balanced = new WeakMap<object, number>();
  private outputs: tf.TensorInfo[] = [];
  private scratches: Scratch[] = [];
  private readonly pipelines = new Map<string, GPUComputePipeline>();

  constructor(
    readonly backend: StockBackend,
    readonly stream: CommandStream,
    /** Tensors that are computed when somebody reads them. */
    readonly deferred = new DeferredTensors(backend, stream.pool),
  ) {
    const tiles = new TileTable({
      isSoftware: computesInSoftware(stream.device),
      sharedBytes: this.limit('maxComputeWorkgroupStorageSize'),
    });
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

  /**
   * A new tensor of the shape that is computed when somebody reads it, see {@link DeferredTensors}. The pass's scratch memory lasts as long
   * as that.
   */
  defer(shape: readonly number[], pass: DeferredPass, epilogue: Epilogue = {}): tf.TensorInfo {
    const tensor = this.output(shape);
    const run: DeferredPass['run'] = (...work) => this.calling(() => pass.run(...work));
    this.deferred.add(tensor, { ...pass, run }, epilogue);
    this.scratches = this.scratches.filter((scratch) => scratch !== pass.scratch);
    this.deferred.settleEldest();
    return tensor;
  }

  /** A new tensor: what comes of `source` by an epilogue, in the pass that `source` waits for; undefined where it waits for none. */
  follow(source: tf.TensorInfo, next: Epilogue): tf.TensorInfo | undefined {
    const following = this.deferred.following(source, next);
    if (following === undefined) return undefined;
    const tensor = this.output(source.shape);
    this.deferred.follow(tensor, following);
    this.deferred.settleEldest();
    return tensor;
  }

  /** Notes of a tensor that the values of each of its channels, the last dimension, add up to zero. */
  markBalanced({ dataId, shape }: tf.TensorInfo): void {
    this.balanced.set(dataId, shape.at(-1)!);
  }

  /** True if the tensor, taken as [..., channels], is known to have channels that add up to zero. */
  isBalanced({ dataId }: tf.TensorInfo, channels: number): boolean {
    return this.balanced.get(dataId) === channels;
  }

  /** Makes a tensor's values zeros. */
  clear(tensor: tf.TensorInfo): void {
    const { buffer, size } = this.resourceOf(tensor);
    this.stream.clear(buffer, size!);
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
    this.balanced.delete(dataId);
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
  const context = new WebgpuContext(backend, stream);
  driveBackend(backend, stream, context.deferred);
  return context;
}
