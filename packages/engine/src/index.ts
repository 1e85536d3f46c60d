export * from './describe-engines';
export * from './engine-name';
export type { EnginePurpose } from './engines/engine-candidate';
export {
  selectEngine,
  type UnavailableEngine,
  type SelectedEngine,
  type SelectEngineOptions,
} from './select-engine';
export { startWasm, type StartedWasm, type StartWasmOptions } from './engines/wasm/start-wasm';
export { batchNormFoldings, foldBatchNorm, type FoldBatchNormOptions } from './inference/fold-batch-norm';
export type { BatchNormFolding } from './inference/folding-plan';
export * from './inference/warm-up';
export {
  profileKernels,
  type KernelProfile,
  type KernelTime,
  type ProfileKernelsOptions,
} from './engines/webgpu/kernel-profile';
export { keepTunedProducts } from './engines/webgpu/kept-plans';
export { measureRoofline, type Roofline } from './engines/webgpu/roofline';
export type { WasmBinary, WasmLocation } from './engines/wasm/wasm-location';
export { tuneWebgpuProducts } from './engines/webgpu/tune-products';
export type { TimedPlan, TunedProduct, TuneProductsOptions } from './engines/webgpu/tune-products';
