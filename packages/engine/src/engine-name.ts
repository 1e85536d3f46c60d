/** Every engine that the zoo knows, the fastest for training first. */
export const ENGINE_NAMES = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'webgl', 'wasm', 'cpu'] as const;

/** A name in {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];
