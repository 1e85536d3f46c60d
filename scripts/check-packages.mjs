// Packs every package as it would be published, lints the tarballs, installs them into an empty project and runs a program there.
// Needs a build first. Exits with 1 at the first thing that is wrong.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const binaries = join(root, 'node_modules', '.bin');
const workspace = mkdtempSync(join(tmpdir(), 'zoo-packages-'));

try {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  const tarballs = packages.map(checkPackage);
  installAndRun(tarballs);
} finally {
  rmSync(workspace, { recursive: true, force: true });
}

function checkPackage(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const [{ filename, files, unpackedSize }] = JSON.parse(
    run(
      'npm',
      ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', workspace],
      directory,
    ),
  );
  console.log(`${manifest.name}: ${files.length} files, ${(unpackedSize / 1024).toFixed(0)} KiB unpacked`);
  // Changesets write a changelog with the first version.
  const isReleased = manifest.version !== '0.0.0';
  for (const required of ['README.md', 'package.json', 'LICENSE', ...(isReleased ? ['CHANGELOG.md'] : [])]) {
    if (!files.some((file) => file.path === required))
      throw new Error(`${manifest.name} would be published without ${required}.`);
  }
  const tarball = join(workspace, filename);
  run(join(binaries, 'publint'), ['run', tarball, '--strict'], directory);
  run(
    join(binaries, 'attw'),
    [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii'],
    directory,
  );
  return tarball;
}

function installAndRun(tarballs) {
  const project = mkdtempSync(join(workspace, 'project-'));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'newcomer', private: true, type: 'module' }),
  );
  run(
    'npm',
    ['install', '--silent', '--no-audit', '--no-fund', '@tensorflow/tfjs@^4.22.0', ...tarballs],
    project,
  );
  writeFileSync(
    join(project, 'main.js'),
    `import * as tf from '@tensorflow/tfjs';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { evaluate, fit, sgd } from '@zoo/train';
import * as weights from '@zoo/weights/node';
import * as data from '@zoo/data/node';

const engine = await selectEngine();
const model = cifarResnet(20, { classes: 4, inputShape: [32, 32, 3] });
const train = {
  classNames: ['a', 'b', 'c', 'd'], imageShape: [32, 32, 3], exampleCount: 8, batchSize: 8, batchesPerEpoch: 1,
  async *batches() {
    yield { images: tf.randomUniform([8, 32, 32, 3], 0, 1, 'float32', 1), labels: tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32'), 4).toFloat(), sources: Array.from({ length: 8 }, (_, i) => String(i)) };
  },
};
await fit(model, { train, epochs: 2, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) });
const { accuracy } = await evaluate(model, train);
await weights.saveKerasH5(model, 'model.h5');
if (!Number.isFinite(accuracy) || typeof data.readImageFolder !== 'function') throw new Error('The installed packages do not work together.');
console.log('installed and ran on ' + engine.name + ': accuracy ' + accuracy);
await engine.dispose();
`,
  );
  process.stdout.write(run('node', ['main.js'], project));
  checkCommonJs(project);
  process.stdout.write(run(join(project, 'node_modules', '.bin', 'zoo'), ['--version'], project));
}

/** A program in TypeScript that Node.js runs as CommonJS: `module: nodenext` lets it import the packages, and Node.js requires them. */
function checkCommonJs(project) {
  const folder = join(project, 'commonjs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'commonjs' }));
  writeFileSync(
    join(folder, 'main.ts'),
    `import { resnetNames } from '@zoo/resnet';
import { randomHorizontalFlip } from '@zoo/data';
const names: readonly string[] = resnetNames();
if (names.length === 0 || typeof randomHorizontalFlip !== 'function') throw new Error('nothing there');
console.log('CommonJS: ' + names.length + ' networks');
`,
  );
  const options = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--skipLibCheck', 'main.ts'];
  run(join(binaries, 'tsc'), options, folder);
  process.stdout.write(run('node', ['main.js'], folder));
}

function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Error(
      `${[command, ...args].join(' ')} in ${cwd} failed:\n${error.stdout ?? ''}${error.stderr ?? ''}`,
    );
  }
}
