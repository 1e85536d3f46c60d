import { mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { ZooError } from '@zoo/core';

import { libraryNames, type PythonTensorFlow } from './find-tensorflow';
import { runProgram } from './run-program';

/** The version of Node-API that the binding is compiled for: tfjs-node 4.22's newest, in every Node.js since 16. */
const NODE_API = 8;

/**
 * Compiles tfjs-node's binding against TensorFlow's own libraries, with one call of the C++ compiler.
 *
 * Node-API does not change between versions of Node.js, so neither node-gyp nor a download of Node's headers is needed: they
 * come from the package node-api-headers.
 *
 * @returns The binding's path.
 */
export async function compileBinding(
  packageDirectory: string,
  tensorflow: PythonTensorFlow,
  signal?: AbortSignal,
): Promise<string> {
  const compiler = await findCompiler(signal);
  const require = createRequire(join(packageDirectory, 'package.json'));
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const binding = join(packageDirectory, 'lib', `napi-v${NODE_API}`, 'tfjs_binding.node');
  const draft = `${binding}.part`;
  mkdirSync(dirname(binding), { recursive: true });
  const args = [
    ...['-O2', '-std=c++17', '-fPIC', '-w', ...sharedLibraryFlags()],
    `-DNAPI_VERSION=${NODE_API}`,
    ...['-I', headers, '-I', join(tensorflow.directory, 'include')],
    join(packageDirectory, 'binding', 'tfjs_backend.cc'),
    join(packageDirectory, 'binding', 'tfjs_binding.cc'),
    ...['-o', draft],
    ...libraryNames().map((name) => join(tensorflow.directory, name)),
    ...[tensorflow.directory, ...tensorflow.cudaLibraryDirectories].map((path) => `-Wl,-rpath,${path}`),
  ];
  await runProgram(compiler, args, { signal });
  renameSync(draft, binding);
  return binding;
}

function sharedLibraryFlags(): string[] {
  if (process.platform === 'darwin') return ['-bundle', '-undefined', 'dynamic_lookup'];
  // The old kind of run path, which also serves the CUDA libraries that TensorFlow itself opens later.
  return ['-shared', '-Wl,--disable-new-dtags'];
}

async function findCompiler(signal?: AbortSignal): Promise<string> {
  const candidates = [process.env.CXX, 'c++', 'g++', 'clang++'].filter(
    (name) => name !== undefined && name !== '',
  );
  for (const compiler of candidates as string[]) {
    try {
      await runProgram(compiler, ['--version'], { signal });
      return compiler;
    } catch {
      signal?.throwIfAborted();
    }
  }
  throw new ZooError(
    'unsupported',
    'Expected a C++ compiler and found none. Install one (`apt install g++`, `xcode-select --install`) or name it in $CXX.',
  );
}
