/** Every engine that the zoo knows, the fastest for training first, each as TensorFlow.js calls its backend. */
export const ENGINE_NAMES = ['tensorflow-gpu', 'webgpu', 'tensorflow', 'webgl', 'wasm', 'cpu'] as const;

/** A name in {@link ENGINE_NAMES}. */
export type EngineName = (typeof ENGINE_NAMES)[number];
