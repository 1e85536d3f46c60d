import type { WebgpuKernel } from '../webgpu-kernel';

/** Every kernel of the zoo for WebGPU. */
export const WEBGPU_KERNELS: readonly WebgpuKernel[] = [];
