import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { isZooError, ZooError } from '@zoo/core';

import { runProgram } from './run-program';

/** TensorFlow's Python package, whose C libraries the binding is built against. */
export interface PythonTensorFlow {
  readonly version: string;
  /** The package's folder: `libtensorflow_cc` and `include` lie in it. */
  readonly directory: string;
  readonly cuda: boolean;
  /** Folders of the CUDA libraries that pip installed beside it. */
  readonly cudaLibraryDirectories: readonly string[];
}

/** The oldest TensorFlow whose Python package holds its C interface as a library, and today's CUDA. */
const OLDEST = [2, 15] as const;

/** Looks without importing: an import takes seconds and prints. */
const PROGRAM = `
import importlib.util, json
from importlib import metadata
spec = importlib.util.find_spec("tensorflow")
found = None
if spec and spec.submodule_search_locations:
    for name in ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly", "tf-nightly-cpu", "tensorflow-intel"):
        try:
            found = {"version": metadata.version(name), "directory": list(spec.submodule_search_locations)[0]}
            break
        except metadata.PackageNotFoundError:
            pass
print(json.dumps(found))
`;

/** The TensorFlow that `python` would import, or undefined if there is none or no such Python. */
export async function findTensorFlow(
  python: string,
  signal?: AbortSignal,
): Promise<PythonTensorFlow | undefined> {
  let answer: string;
  try {
    answer = await runProgram(python, ['-c', PROGRAM], { signal });
  } catch (error) {
    if (isZooError(error)) return undefined;
    throw error;
  }
  const found = JSON.parse(answer) as { version: string; directory: string } | null;
  return found === null ? undefined : inspect(found.version, found.directory);
}

/** Throws ZooError `unsupported` if the binding can't be built against this TensorFlow. */
export function expectUsable({ version, directory }: PythonTensorFlow): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new ZooError(
      'unsupported',
      `TensorFlow ${version} in ${directory} is too old. Install ${OLDEST.join('.')} or later with pip.`,
    );
  }
  for (const needed of [join(directory, libraryNames()[0]), join(directory, 'include', 'tensorflow', 'c')]) {
    if (existsSync(needed)) continue;
    throw new ZooError('unsupported', `TensorFlow ${version} lacks ${needed}. Install it again with pip.`);
  }
}

/** File names of TensorFlow's C interface and of the framework below it. */
export function libraryNames(): readonly [string, string] {
  return process.platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
}

function inspect(version: string, directory: string): PythonTensorFlow {
  const buildInfo = join(directory, 'python', 'platform', 'build_info.py');
  const cuda = existsSync(buildInfo) && /'is_cuda_build', True/.test(readFileSync(buildInfo, 'utf8'));
  const nvidia = join(dirname(directory), 'nvidia');
  const cudaLibraryDirectories =
    cuda && existsSync(nvidia)
      ? readdirSync(nvidia)
          .map((name) => join(nvidia, name, 'lib'))
          .filter((path) => existsSync(path))
      : [];
  return { version, directory, cuda, cudaLibraryDirectories };
}
