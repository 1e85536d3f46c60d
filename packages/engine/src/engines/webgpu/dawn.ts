/// <reference types="@webgpu/types" />

import type { NodeBuiltins } from '../node-builtins';

/** The npm package `webgpu`: Dawn's binding for Node.js. */
export interface DawnModule {
  /** Starts Dawn; options such as 'backend=vulkan' and 'adapter=NAME'. */
  readonly create: (options: readonly string[]) => GPU;
  /** WebGPU's classes and constants, which are globals in browsers. */
  readonly globals: Readonly<Record<string, unknown>>;
}

/** A card as Dawn lists it. */
export interface DawnAdapter {
  /** 'vulkan', 'metal', 'd3d12', ... */
  readonly backend: string;
  readonly name: string;
}

/** Imports the optional peer `webgpu`, or returns undefined where it is not installed. */
export async function importDawn(): Promise<DawnModule | undefined> {
  // The name is in a variable, so that bundlers for browsers do not look for a native module.
  const name = 'webgpu';
  try {
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as DawnModule;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Backends that are no way to a card: they exist to test Dawn, or drive the card through OpenGL with fewer features. */
const PASSED_BACKENDS = ['null', 'webgpu', 'opengl', 'opengles', 'd3d11'];

/** Dawn rounds the times that it tells to 0.1 ms unless it is told not to. */
const ALWAYS = 'disable-dawn-features=timestamp_quantization';

/**
 * 16-bit floats on NVIDIA's cards, which Dawn holds back there unless it is told not to; taken where they are asked for alone.
 */
const FLOAT16 = 'enable-dawn-features=vulkan_enable_f16_on_nvidia,allow_unsafe_apis';

/**
 * Kept to the end of the process, which they do not hold up: Dawn crashes where the garbage collector takes one before the last of its
 * devices and buffers.
 */
const opened = new Map<string, GPU>();

/** Dawn started with these options, once. */
function openDawn({ create }: DawnModule, options: readonly string[]): GPU {
  const key = options.join(' ');
  const gpu = opened.get(key) ?? create(options);
  if (opened.size === 0) endWithoutFinalizers();
  opened.set(key, gpu);
  return gpu;
}

/**
 * Ends the process without taking apart what is in it, once nothing is left to do.
 *
 * When Node.js ends by itself it finalizes Dawn's objects in an order of its own, and NVIDIA's driver then died in a destroyed mutex;
 * `process.exit` finalizes nothing. It is called after every other listener.
 */
function endWithoutFinalizers(): void {
  process.once('beforeExit', () => {
    process.once('exit', (code) => process.exit(code));
  });
}

/** Dawn on one of its adapters; `$ZOO_DAWN` holds further options of Dawn's, separated by spaces. */
export function openAdapter(
  dawn: DawnModule,
  { backend, name }: DawnAdapter,
  precision: 'float32' | 'float16',
): GPU {
  const further = (process.env['ZOO_DAWN'] ?? '').split(' ').filter((option) => option !== '');
  const adapter = name === '' ? [] : [`adapter=${name}`];
  const float16 = precision === 'float16' ? [FLOAT16] : [];
  return openDawn(dawn, [`backend=${backend}`, ...adapter, ALWAYS, ...float16, ...further]);
}

/** The cards that Dawn finds, through Vulkan, Metal or Direct3D 12. */
export async function listAdapters(dawn: DawnModule): Promise<DawnAdapter[]> {
  try {
    // Dawn lists its adapters only in the error for a name that none has.
    await openDawn(dawn, ['adapter=(none has this name)']).requestAdapter();
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).matchAll(
      /backend: '([^']*)', name: '(.*)'$/gm,
    );
    return [...lines]
      .map(([, backend, name]) => ({ backend: backend!, name: name! }))
      .filter(({ backend }) => !PASSED_BACKENDS.includes(backend));
  }
  return [];
}

/**
 * True if Vulkan's loader is there, without which Dawn finds no card on Linux and says so on standard error, past JavaScript.
 */
export function hasVulkanLoader({ fileSystem, path }: NodeBuiltins): boolean {
  const file = 'libvulkan.so.1';
  const directories = [
    ...(process.env['LD_LIBRARY_PATH'] ?? '').split(':').filter((directory) => directory !== ''),
    ...['/lib', '/usr/lib', '/lib64', '/usr/lib64', '/usr/local/lib'],
  ];
  if (directories.some((directory) => fileSystem.existsSync(path.join(directory, file)))) return true;
  try {
    return fileSystem.readFileSync('/etc/ld.so.cache').includes(`${file}\0`);
  } catch {
    // No cache: musl's loader looks in the folders above only.
    return false;
  }
}

/**
 * Makes names global until the returned function is called, which puts back what was there.
 *
 * TensorFlow.js' WebGPU backend looks for WebGPU's classes there, and for `navigator.gpu` when it is constructed.
 */
export function borrowGlobals(values: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(values).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  };
}
