/// <reference types="@webgpu/types" />

import type * as tf from '@tensorflow/tfjs-core';

/** What TensorFlow.js' WebGPU backend keeps of a tensor. */
export interface TensorData {
  /** The values on the host: written and not yet uploaded, or read back. */
  values: tf.BackendValues | null;
  dtype: tf.DataType;
  shape: number[];
  refCount: number;
  resource?: GPUBuffer | GPUTexture | GPUExternalTexture | null;
  /** The buffer belongs to the application. */
  external?: boolean;
  complexTensorInfos?: { real: tf.TensorInfo; imag: tf.TensorInfo };
}

/** One field of a program's uniform struct. */
export interface UniformField {
  type: string;
  data: number[];
}

/** A compute shader of TensorFlow.js, as far as it matters here. */
export interface StockProgram {
  readonly constructor: { readonly name: string };
  readonly outputShape: number[];
  readonly size?: boolean;
  readonly outputComponent?: number;
  readonly pixelsOpType?: number;
  readonly shaderKey: string;
  readonly dispatch: [number, number, number];
  readonly pipeline: GPUComputePipeline;
}

/** What a program's buffers come from; TensorFlow.js' own keeps a list for each size. */
export interface BufferManager {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  acquireBuffer(sizeBytes: number, usage: number): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer): void;
  dispose(): void;
}

/** The members of TensorFlow.js' WebGPU backend that the zoo calls or replaces; the package declares half of them private. */
export interface StockBackend extends tf.KernelBackend {
  readonly device: GPUDevice;
  bufferManager: BufferManager;
  readonly tensorMap: {
    get(dataId: object): TensorData;
    set(dataId: object, data: TensorData): void;
    has(dataId: object): boolean;
    delete(dataId: object): boolean;
  };
  disposeData(dataId: object, force?: boolean): boolean;
  releaseResource(dataId: object): void;
  submitQueue(): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  getBufferData(buffer: GPUBuffer): Promise<ArrayBuffer>;
  copyBuffer(buffer: GPUBuffer): GPUBuffer;
  readToGPU(dataId: object): tf.GPUData;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.BackendValues): tf.TensorInfo;
  uploadToGPU(dataId: object): void;
  shouldExecuteOnCPU(inputs: readonly tf.TensorInfo[], sizeThreshold?: number): boolean;
  tensorToBinding(tensor: tf.TensorInfo): GPUBindingResource;
  runWebGPUProgram(
    program: StockProgram,
    inputs: tf.TensorInfo[],
    dtype: tf.DataType,
    uniforms?: UniformField[],
    output?: tf.TensorInfo,
  ): tf.TensorInfo;
  recordAndSubmit(
    program: StockProgram,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    uniforms?: UniformField[],
  ): void;
  dispose(): void;
}

/** The package that the optional peer is. */
export interface StockBackendModule {
  readonly WebGPUBackend: new (device: GPUDevice, info?: GPUAdapterInfo) => unknown;
}
