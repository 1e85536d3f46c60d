import { createHash } from 'node:crypto';
import * as fileSystem from 'node:fs';
import * as path from 'node:path';

import { ZooError } from '@zoo/core';
import {
  expectFunction,
  readOptions,
  SIGNAL,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { TENSORFLOW_BUILD_FILE, tensorflowBuildsDirectory, type TensorFlowBuild } from '../tensorflow-build';

import { compileBinding } from './compile-binding';
import { expectUsable, findTensorFlow, type PythonTensorFlow } from './find-tensorflow';
import { runProgram } from './run-program';

/** A step of {@link buildTensorFlow}. */
export interface TensorFlowBuildStep {
  readonly name: 'find-tensorflow' | 'install-tensorflow' | 'install-package' | 'compile' | 'verify' | 'done';
  /** What is being done, a sentence for people. */
  readonly message: string;
}

const BUILD_TENSORFLOW_OPTIONS = {
  /** The Python to look for TensorFlow in. Default: `python3` or `python`, then an environment of the zoo's own. */
  python: { type: 'text', expected: 'the path of a program' },
  /** True for a TensorFlow with CUDA where one must be installed. Default: true where there is an NVIDIA card. */
  cuda: { type: 'boolean' },
  /** Called before each step. */
  onStep: { type: 'any', check: expectFunction } as AnyRow<(step: TensorFlowBuildStep) => void>,
  /** Aborted, the build stops; what is finished of it is found again by the next. */
  signal: SIGNAL,
} as const satisfies OptionTable;

/** Options of {@link buildTensorFlow}. */
export interface BuildTensorFlowOptions extends OptionsOf<typeof BUILD_TENSORFLOW_OPTIONS> {}

const TFJS_NODE = '@tensorflow/tfjs-node@4.22.0';
const NODE_API_HEADERS = 'node-api-headers@1';

/**
 * Builds tfjs-node's binding against a current TensorFlow, in the user's cache folder, where `selectEngine` finds it.
 *
 * The official package ends with TensorFlow 2.9 and CUDA 11.2; this build runs on the TensorFlow (2.15 or later, for the processor or for
 * CUDA 12) that pip has installed, or that it installs in its own virtual environment. It needs npm, a C++ compiler and Python, on Linux or
 * macOS. A build that was stopped continues where it stopped; {@link removeTensorFlowBuilds} undoes it.
 *
 * @throws ZooError `unsupported` if something is missing or a step fails, with what the failing program said.
 */
export async function buildTensorFlow(options: BuildTensorFlowOptions = {}): Promise<TensorFlowBuild> {
  readOptions(BUILD_TENSORFLOW_OPTIONS, options);
  if (process.platform === 'win32') {
    throw new ZooError(
      'unsupported',
      'Building the binding on Windows is not supported. Use WSL, or `npm install @tensorflow/tfjs-node`.',
    );
  }
  const root = tensorflowBuildsDirectory({ path });
  const say = (name: TensorFlowBuildStep['name'], message: string): void =>
    options.onStep?.({ name, message });
  const tensorflow = await provideTensorFlow(root, options, say);
  const directory = path.join(root, buildName(tensorflow));
  const packageDirectory = path.join(directory, 'node_modules', '@tensorflow', 'tfjs-node');
  await installPackage(directory, packageDirectory, say, options.signal);
  say('compile', `Compiling the binding against TensorFlow ${tensorflow.version}.`);
  const binding = await compileBinding(packageDirectory, tensorflow, options.signal);
  say('verify', 'Computing a product with it, in a process of its own.');
  await runProgram(process.execPath, ['-e', VERIFICATION, binding], {
    signal: options.signal,
    environment: { TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  const build: TensorFlowBuild = {
    tensorflowVersion: tensorflow.version,
    cuda: tensorflow.cuda,
    packageDirectory,
    tensorflowDirectory: tensorflow.directory,
  };
  // Written last, by a rename: a folder that has this file is complete.
  const file = path.join(directory, TENSORFLOW_BUILD_FILE);
  fileSystem.writeFileSync(`${file}.part`, `${JSON.stringify(build, null, 2)}\n`);
  fileSystem.renameSync(`${file}.part`, file);
  say('done', `Built in ${directory}; selectEngine finds it by itself.`);
  return build;
}

type Say = (name: TensorFlowBuildStep['name'], message: string) => void;

async function provideTensorFlow(
  root: string,
  { python, cuda = hasNvidiaCard(), signal }: BuildTensorFlowOptions,
  say: Say,
): Promise<PythonTensorFlow> {
  const environment = path.join(root, 'python');
  const ownPython = path.join(environment, 'bin', 'python');
  const candidates = python === undefined ? ['python3', 'python', ownPython] : [python];
  say('find-tensorflow', `Looking for TensorFlow in ${candidates.join(', ')}.`);
  for (const candidate of candidates) {
    const found = await findTensorFlow(candidate, signal);
    if (found === undefined) continue;
    expectUsable(found);
    return found;
  }
  if (python !== undefined) {
    throw new ZooError(
      'unsupported',
      `${python} has no TensorFlow. Install it: \`${python} -m pip install tensorflow\`.`,
    );
  }
  const requirement = pipRequirement(cuda);
  say('install-tensorflow', `Installing ${requirement} with pip in ${environment}; this takes minutes.`);
  await runProgram('python3', ['-m', 'venv', environment], { signal });
  await runProgram(ownPython, ['-m', 'pip', 'install', '--quiet', requirement], { signal });
  const installed = await findTensorFlow(ownPython, signal);
  if (installed === undefined)
    throw new ZooError(
      'unsupported',
      `Expected TensorFlow in ${environment} but pip installed none. Install it there by hand: \`pip install tensorflow\`.`,
    );
  expectUsable(installed);
  return installed;
}

function pipRequirement(cuda: boolean): string {
  if (cuda) return 'tensorflow[and-cuda]>=2.15';
  // The package without CUDA is smaller and exists for x86 Linux only; on other systems the plain one has no CUDA either.
  return process.platform === 'linux' && process.arch === 'x64' ? 'tensorflow-cpu>=2.15' : 'tensorflow>=2.15';
}

async function installPackage(
  directory: string,
  packageDirectory: string,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<void> {
  const needed = [
    path.join(packageDirectory, 'binding', 'tfjs_backend.cc'),
    path.join(directory, 'node_modules', 'node-api-headers', 'package.json'),
    path.join(directory, 'node_modules', '.package-lock.json'),
  ];
  if (needed.every((file) => fileSystem.existsSync(file))) return;
  say('install-package', `Installing ${TFJS_NODE} with npm in ${directory}.`);
  fileSystem.mkdirSync(directory, { recursive: true });
  fileSystem.writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
  // Without its install script, which downloads TensorFlow 2.9.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await runProgram('npm', ['install', ...flags, TFJS_NODE, NODE_API_HEADERS], { directory, signal });
}

/** Builds of different TensorFlows lie side by side. */
function buildName({ version, cuda, directory }: PythonTensorFlow): string {
  const place = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  return `tensorflow-${version}-${cuda ? 'cuda' : 'cpu'}-${place}`;
}

function hasNvidiaCard(): boolean {
  return ['/dev/nvidiactl', '/dev/dxg'].some((device) => fileSystem.existsSync(device));
}

const VERIFICATION = `
const binding = require(process.argv[1]);
const matrix = (values) => binding.createTensor([2, 2], binding.TF_FLOAT, Float32Array.from(values));
const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
const [product] = binding.executeOp('MatMul', [type], [matrix([1, 2, 3, 4]), matrix([1, 1, 1, 1])], 1);
if (binding.tensorDataSync(product.id).join() !== '3,3,7,7') throw new Error('The binding computes wrong products.');
`;
