// Packs every package as it would be published, lints the tarballs, installs them into an empty project and runs a program there; then
// beside `@tensorflow/tfjs`, by npm, by pnpm and in a bundle, where all of them must share one copy of TensorFlow.js; then in pages.
// Needs a build first. Exits with 1 at the first thing that is wrong.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { build } from 'esbuild';

import { checkPages } from './check-pages.mjs';

const root = resolve(import.meta.dirname, '..');
const binaries = join(root, 'node_modules', '.bin');
const workspace = mkdtempSync(join(tmpdir(), 'zoo-packages-'));

/** Megabytes that `npm i @zoo/resnet` may take, all that it brings included; and engine, data and classify without what is optional. */
const INSTALLED_MEGABYTES = 130;

/** Bytes that a page which builds one network may load at once, minified, beside TensorFlow.js. */
const PAGE_BYTES = 28_000;

/** Uses the union package and the zoo on each other's tensors, layers and models; fails where they are two copies. */
const UNION_PROGRAM = `import * as tf from '@tensorflow/tfjs';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';

const model = cifarResnet(8, { classes: 4, inputShape: [32, 32, 3] });
const engine = await selectEngine({ prefer: 'cpu' });
const head = tf.layers.dense({ units: 2 }).apply(model.outputs[0]);
const joined = tf.model({ inputs: model.inputs, outputs: head });
joined.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
const images = tf.randomUniform([2, 32, 32, 3]);
const { history } = await joined.fit(images, tf.zeros([2, 2]), { epochs: 1, verbose: 0 });
const isOneCopy = model instanceof tf.LayersModel && model.predict(images).add(1) instanceof tf.Tensor;
if (!isOneCopy || !Number.isFinite(history.loss[0])) throw new Error('The zoo and @tensorflow/tfjs use two copies of TensorFlow.js.');
console.log('one copy of TensorFlow.js ' + tf.version.tfjs + ' on ' + engine.name);
await engine.dispose();
`;

try {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  const tarballs = packages.map(checkPackage);
  const npm = installAndRun(tarballs);
  await checkPage(npm);
  checkSize(tarballs);
  await checkPages({ npm, pnpm: checkUnion(tarballs) });
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
    [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii', ...weightEntries(manifest)],
    directory,
  );
  return tarball;
}

/** Keeps entries that are files of weights, which have no types, from the check of types. */
function weightEntries({ exports }) {
  const entries = Object.keys(exports).filter((entry) => entry.endsWith('.safetensors'));
  return entries.length === 0 ? [] : ['--exclude-entrypoints', ...entries.map((entry) => entry.slice(2))];
}

function installAndRun(tarballs) {
  const project = newProject('newcomer');
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', ...tarballs], project);
  writeFileSync(
    join(project, 'main.js'),
    `import * as tf from '@tensorflow/tfjs-core';
import { selectEngine } from '@zoo/engine';
import { cifarResnet } from '@zoo/resnet';
import { evaluate, fit, sgd } from '@zoo/train';
import * as weights from '@zoo/weights/node';
import * as data from '@zoo/data/node';
import { lockRun } from '@zoo/train/node';

process.on('warning', (warning) => { throw warning; });
const lock = await lockRun('run');
const second = await lockRun('run').then(() => 'taken', (error) => error.code);
if (second === 'taken') throw new Error('Two took the lock of one run: the native part of locks is not found in what is installed.');
await lock.release();
const engine = await selectEngine();
const model = cifarResnet(20, { classes: 4, inputShape: [32, 32, 3] });
const train = {
  classNames: ['a', 'b', 'c', 'd'], imageShape: [32, 32, 3], exampleCount: 8, batchSize: 8, batchesPerEpoch: 1,
  async *batches() {
    yield { images: tf.randomUniform([8, 32, 32, 3], 0, 1, 'float32', 1), labels: tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0, 1, 2, 3], 'int32'), 4), 'float32'), sources: Array.from({ length: 8 }, (_, i) => String(i)) };
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
  const zoo = join(project, 'node_modules', '.bin', 'zoo');
  process.stdout.write(run(zoo, ['--version'], project));
  // A picture of two by two pixels in the form that any program writes.
  writeFileSync(join(project, 'photo.ppm'), 'P3 2 2 255 255 0 0 0 255 0 0 0 255 9 9 9\n');
  const [best] = JSON.parse(run(zoo, ['predict', 'photo.ppm', '--json'], project))[0].predictions;
  console.log(`zoo predict photo.ppm: ${best.className}`);
  return project;
}

/** The page of `packages/resnet/test/bundle-size.test.ts`, of what is published: a package in one file would bring all of it. */
async function checkPage(project) {
  const { metafile } = await build({
    stdin: {
      contents: "import { resnet18 } from '@zoo/resnet'; globalThis.model = resnet18();",
      resolveDir: project,
    },
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', write: false, metafile: true },
    outdir: 'page',
    external: ['@tensorflow/*'],
  });
  const needed = new Set([Object.keys(metafile.outputs).find((path) => path.endsWith('stdin.js'))]);
  for (const path of needed) {
    for (const { kind, path: other, external } of metafile.outputs[path].imports) {
      if (kind === 'import-statement' && external !== true) needed.add(other);
    }
  }
  const bytes = [...needed].reduce((sum, path) => sum + metafile.outputs[path].bytes, 0);
  console.log(`a page of resnet18: ${bytes} bytes`);
  if (bytes > PAGE_BYTES) throw new Error(`Expected at most ${PAGE_BYTES} bytes in it but it has ${bytes}.`);
}

function checkSize(tarballs) {
  weigh('@zoo/resnet', /zoo-(core|weights|resnet)-[^/]*$/, tarballs, []);
  const parts = /zoo-(core|weights|resnet|engine|data|classify)-[^/]*$/;
  const project = weigh('@zoo/{resnet,engine,data,classify}', parts, tarballs, ['--omit=optional']);
  // WebGL, sharp's native build and native locks are left out: what is left still reads a picture and names what is on it.
  writeFileSync(
    join(project, 'main.js'),
    `import { readFile } from 'node:fs/promises';
import { openClassifier } from '@zoo/classify';
import { decodeImage } from '@zoo/data/node';
import { selectEngine } from '@zoo/engine';

const engine = await selectEngine({ purpose: 'infer' });
const classifier = await openClassifier(process.argv[2]);
const [{ className }] = await classifier.classify(await decodeImage(await readFile(process.argv[3])));
console.log('without optional parts, on ' + engine.name + ': ' + className);
classifier.dispose();
await engine.dispose();
`,
  );
  const weights = 'packages/idenprof/weights/slim-resnet18-idenprof.safetensors';
  process.stdout.write(
    run('node', ['main.js', join(root, weights), join(root, 'docs/images/web-phone.png')], project),
  );
}

/** Installs the packages whose tarballs match, says how much they take with all that they bring, and fails where that is too much. */
function weigh(name, matching, tarballs, flags) {
  const project = newProject('weighed');
  const needed = tarballs.filter((path) => matching.test(path));
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', ...flags, ...needed], project);
  const megabytes = Number(run('du', ['-sm', 'node_modules'], project).split('\t')[0]);
  console.log(`npm i ${[...flags, name].join(' ')}: ${megabytes} MB`);
  if (megabytes > INSTALLED_MEGABYTES)
    throw new Error(`Expected at most ${INSTALLED_MEGABYTES} MB of ${name} but received ${megabytes}.`);
  return project;
}

function checkUnion(tarballs) {
  const project = newProject('union');
  writeFileSync(join(project, 'main.js'), UNION_PROGRAM);
  run(
    'npm',
    ['install', '--silent', '--no-audit', '--no-fund', '@tensorflow/tfjs@^4.22.0', ...tarballs],
    project,
  );
  process.stdout.write(`npm: ${run('node', ['main.js'], project)}`);
  const externals = ['webgpu', 'sharp', '@julusian/jpeg-turbo', '@tensorflow/tfjs-backend-webgpu'];
  run(
    join(binaries, 'esbuild'),
    [
      'main.js',
      '--bundle',
      '--format=esm',
      '--platform=node',
      // A bundle's own fields: ES modules, as in a page.
      '--main-fields=module,main',
      '--outfile=bundle.mjs',
      "--banner:js=import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
      ...externals.map((name) => `--external:${name}`),
    ],
    project,
  );
  process.stdout.write(`bundle: ${run('node', ['bundle.mjs'], project)}`);
  return checkUnionWithPnpm(tarballs);
}

function checkUnionWithPnpm(tarballs) {
  const local = Object.fromEntries(
    tarballs.map((path) => [`@zoo/${/zoo-([a-z]+)-/.exec(path.split('/').at(-1))[1]}`, `file:${path}`]),
  );
  const project = newProject('union-pnpm', {
    dependencies: {
      '@tensorflow/tfjs': '^4.22.0',
      '@tensorflow/tfjs-core': '^4.22.0',
      '@tensorflow/tfjs-layers': '^4.22.0',
      '@zoo/engine': local['@zoo/engine'],
      '@zoo/resnet': local['@zoo/resnet'],
      '@zoo/train': local['@zoo/train'],
    },
    pnpm: { overrides: local },
  });
  writeFileSync(join(project, 'main.js'), UNION_PROGRAM);
  run('npx', ['--yes', 'pnpm@10', 'install', '--silent', '--ignore-scripts'], project);
  process.stdout.write(`pnpm: ${run('node', ['main.js'], project)}`);
  return project;
}

function newProject(name, fields = {}) {
  const project = mkdtempSync(join(workspace, `${name}-`));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name, private: true, type: 'module', ...fields }),
  );
  return project;
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
