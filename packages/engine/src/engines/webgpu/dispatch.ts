/// <reference types="@webgpu/types" />

import type * as tf from '@tensorflow/tfjs-core';

/** A compute shader of the zoo. */
export interface Shader {
  /** What a profile lists it as: "conv2d", "batch norm". Shaders of one label may differ in tile sizes and the like. */
  readonly label: string;
  /** Tells this shader from all others: one key, one compiled pipeline. */
  readonly key: string;
  /**
   * The WGSL, asked for once per key. Entry point `main`; group 0 has the bindings in their order from 0 and, if there are any, the
   * uniforms after them. Every binding must be used by the code.
   */
  readonly code: () => string;
}

/** Memory on the card that is no tensor, such as partial sums. */
export interface Scratch {
  readonly buffer: GPUBuffer;
  readonly sizeBytes: number;
}

/** One run of a shader. */
export interface Dispatch {
  readonly shader: Shader;
  readonly bindings: readonly (tf.TensorInfo | Scratch)[];
  /** A struct of 32-bit numbers, as the shader declares it. */
  readonly uniforms?: ArrayBuffer;
  readonly workgroups: readonly [number, number, number];
  /** Floating-point operations, for profiles; 2 for a multiply-add. */
  readonly flops?: number;
}
