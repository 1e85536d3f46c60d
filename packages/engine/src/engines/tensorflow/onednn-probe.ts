import { cacheDirectory } from '@zoo/core';

import type { NodeBuiltins } from '../node-builtins';

/** What a machine's oneDNN does with the convolutions of a deep ResNet. */
export type OnednnVerdict = 'works' | 'crashes';

/** Milliseconds after which a probe that has not answered counts as crashed. */
const PROBE_LIMIT_MS = 60_000;

/**
 * Sets TF_ENABLE_ONEDNN_OPTS=0, before TensorFlow is loaded, on a machine where oneDNN would kill the process.
 *
 * On virtual machines that hide their cache sizes oneDNN divides by zero (SIGFPE) in 1x1 convolutions of 1,024 channels or
 * more. No signal handler can fix that, so a child process tries once; the verdict is kept, with the machine's name, in
 * `onednn.json` in the user's cache folder. A variable that the user has set is left as it is.
 */
export async function decideOnednn(builtins: NodeBuiltins, packageDirectory: string): Promise<void> {
  if (process.env.TF_ENABLE_ONEDNN_OPTS !== undefined || process.arch !== 'x64') return;
  const verdict = await rememberVerdict(builtins, packageDirectory, () =>
    probeOnednn(builtins, packageDirectory),
  );
  if (verdict === 'crashes') process.env.TF_ENABLE_ONEDNN_OPTS = '0';
}

/** The verdict kept for this machine and this package; the result of `probe`, kept from now on, where there is none. */
export async function rememberVerdict(
  builtins: NodeBuiltins,
  packageDirectory: string,
  probe: () => Promise<OnednnVerdict>,
): Promise<OnednnVerdict> {
  const { fileSystem, operatingSystem, path } = builtins;
  const file = path.join(cacheDirectory(), 'onednn.json');
  const machine = `${operatingSystem.hostname()} ${operatingSystem.cpus()[0]?.model ?? 'unknown processor'}`;
  const key = `${machine} ${packageDirectory}`;
  const known = readVerdicts(fileSystem, file);
  const kept = known[key];
  if (kept !== undefined) return kept;
  const verdict = await probe();
  try {
    fileSystem.mkdirSync(path.dirname(file), { recursive: true });
    // A rename replaces the file at once, so that a process reading it never meets half of it.
    const draft = `${file}.${process.pid}`;
    fileSystem.writeFileSync(draft, `${JSON.stringify({ ...known, [key]: verdict }, null, 2)}\n`);
    fileSystem.renameSync(draft, file);
  } catch {
    // If the cache can't be written, each start probes again, which takes a second.
  }
  return verdict;
}

function readVerdicts(fileSystem: NodeBuiltins['fileSystem'], file: string): Record<string, OnednnVerdict> {
  try {
    return JSON.parse(fileSystem.readFileSync(file, 'utf8')) as Record<string, OnednnVerdict>;
  } catch {
    return {};
  }
}

/** Runs 1x1 convolutions and their gradients of 1,024 and 2,048 channels through the binding, in a child process. */
async function probeOnednn(
  { childProcess, fileSystem, path }: NodeBuiltins,
  packageDirectory: string,
): Promise<OnednnVerdict> {
  const library = path.join(packageDirectory, 'lib');
  const bindings = fileSystem.readdirSync(library).sort();
  const binding = path.join(library, bindings[bindings.length - 1]!, 'tfjs_binding.node');
  return new Promise((resolve) => {
    childProcess.execFile(
      process.execPath,
      ['-e', PROBE_PROGRAM, binding],
      { timeout: PROBE_LIMIT_MS, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', NODE_OPTIONS: '' } },
      (error) => {
        resolve(error === null ? 'works' : 'crashes');
      },
    );
  });
}

const PROBE_PROGRAM = `
const binding = require(process.argv[1]);
const { TF_FLOAT, TF_INT32, TF_ATTR_TYPE, TF_ATTR_INT, TF_ATTR_STRING } = binding;
const floats = (...shape) => binding.createTensor(shape, TF_FLOAT, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5));
const sizes = (...values) => binding.createTensor([4], TF_INT32, Int32Array.from(values));
const attributes = [
  { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
  { name: 'strides', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
  { name: 'padding', type: TF_ATTR_STRING, value: 'SAME' },
];
for (const channels of [1024, 2048]) {
  const x = floats(2, 4, 4, channels), filter = floats(1, 1, channels, 512), dy = floats(2, 4, 4, 512);
  binding.executeOp('Conv2D', attributes, [x, filter], 1);
  binding.executeOp('Conv2DBackpropInput', attributes, [sizes(2, 4, 4, channels), filter, dy], 1);
  binding.executeOp('Conv2DBackpropFilter', attributes, [x, sizes(1, 1, channels, 512), dy], 1);
}
`;
