export * from './describe-engines';
export * from './engine-name';
export type { EnginePurpose } from './engines/engine-candidate';
export {
  selectEngine,
  type PassedOverEngine,
  type SelectedEngine,
  type SelectEngineOptions,
} from './select-engine';
export { startWasm, type StartedWasm, type StartWasmOptions } from './wasm/start-wasm';
