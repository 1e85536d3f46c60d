// Pages of what is published, in Chromium: bundled by Vite, webpack and esbuild, installed by npm and by pnpm, and by an import map alone.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.ZOO_CHROMIUM ?? '/usr/bin/chromium';
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };
/** Far more than the pages take, on any machine. */
const PATIENCE_MS = 60_000;

/** Says nothing of where wasm's files lie, and names no package that it does not install itself. */
const PAGE = `import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine } from '@zoo/engine';
import { sgd } from '@zoo/train';
import { trainInWorker } from '@zoo/train/worker';

const train = {
  classNames: ['a', 'b'], imageShape: [2, 2, 3], exampleCount: 8, batchSize: 8, batchesPerEpoch: 1,
  async *batches() {
    yield {
      images: tf.tensor4d(Float32Array.from({ length: 96 }, (_, i) => (Math.floor(i / 12) % 2 ? 1 : -1)), [8, 2, 2, 3]),
      labels: tf.tensor2d([[1, 0], [0, 1], [1, 0], [0, 1], [1, 0], [0, 1], [1, 0], [0, 1]]),
      sources: Array.from({ length: 8 }, (_, i) => String(i)),
    };
  },
};

async function run() {
  await selectEngine({ prefer: 'cpu' });
  const model = tfl.sequential({
    layers: [
      tfl.layers.flatten({ inputShape: [2, 2, 3] }),
      tfl.layers.dense({ units: 2, activation: 'softmax', kernelInitializer: 'zeros' }),
    ],
  });
  const { epochs } = await trainInWorker(model, {
    worker: () => new Worker(new URL('./training.worker.js', import.meta.url), { type: 'module' }),
    train,
    epochs: 3,
    optimizer: sgd({ learningRate: 0.1 }),
  });
  return epochs.map(({ metrics }) => metrics.loss);
}
globalThis.outcome = run().catch(String);
`;
const WORKER = `import { selectEngine } from '@zoo/engine';
import { serveTraining } from '@zoo/train/worker';

serveTraining(async () => void (await selectEngine({ prefer: 'wasm' })));
`;

/** Import maps reach no worker, so a page without a bundler trains on its own thread. */
const UNBUNDLED = `import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { selectEngine } from '@zoo/engine';

async function run() {
  const engine = await selectEngine({ prefer: 'wasm' });
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, kernelInitializer: 'ones' }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 1, kernelInitializer: 'zeros' }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0.0001), loss: 'meanSquaredError' });
  const losses = [];
  for (let step = 0; step < 3; step++) losses.push(await model.trainOnBatch(tf.ones([4, 8, 8, 3]), tf.ones([4, 1])));
  return engine.name === 'wasm' ? losses : engine.name;
}
globalThis.outcome = run().catch(String);
`;

/** Bundles a page's `page.js` and its worker in `project` into `output`, as a user of the bundler does. */
const BUNDLERS = {
  async vite(project, output) {
    const vite = await import('vite');
    await vite.build({
      configFile: false,
      logLevel: 'error',
      root: project,
      base: './',
      worker: { format: 'es' },
      build: {
        outDir: output,
        emptyOutDir: true,
        rolldownOptions: {
          input: join(project, 'page.js'),
          output: { entryFileNames: 'page.js' },
        },
      },
    });
  },
  async webpack(project, output) {
    const { default: webpack } = await import('webpack');
    await new Promise((resolve, reject) => {
      webpack(
        {
          ...{ mode: 'production', context: project, entry: './page.js', performance: false },
          output: { path: output, filename: 'page.js' },
        },
        (error, stats) => {
          if (error || stats.hasErrors()) reject(error ?? new Error(stats.toString('errors-only')));
          else resolve();
        },
      );
    });
  },
  async esbuild(project, output) {
    await build({
      entryPoints: [join(project, 'page.js'), join(project, 'training.worker.js')],
      ...{ outdir: output, bundle: true, splitting: true, format: 'esm', logLevel: 'error' },
      external: ['@tensorflow/tfjs-backend-webgpu'],
    });
  },
};

/**
 * Trains in pages of the packages that are installed in the folders; prints a line for each, and throws where one fails.
 *
 * @param npm Installed by npm: every bundler, and an import map.
 * @param pnpm Installed by pnpm, where a page finds nothing but what its package names: Vite.
 */
export async function checkPages({ npm, pnpm }) {
  if (!existsSync(CHROMIUM)) {
    console.log(`pages: skipped, no ${CHROMIUM}`);
    return;
  }
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const name of Object.keys(BUNDLERS)) await checkBundle(browser, `npm, ${name}`, name, npm);
    await checkBundle(browser, 'pnpm, vite', 'vite', pnpm);
    await checkImportMap(browser, npm);
  } finally {
    await browser.close();
  }
}

async function checkBundle(browser, title, bundler, project) {
  writeFileSync(join(project, 'page.js'), PAGE);
  writeFileSync(join(project, 'training.worker.js'), WORKER);
  const output = join(project, `page-${bundler}`);
  await BUNDLERS[bundler](project, output);
  writeFileSync(join(output, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
  await expectTraining(browser, title, output);
}

async function checkImportMap(browser, project) {
  const vendor = await vendorTensorFlow(project);
  const imports = { ...vendor, '@zoo/engine': '/node_modules/@zoo/engine/dist/index.js' };
  for (const name of ['index', 'options', 'page', 'imagenet']) {
    imports[name === 'index' ? '@zoo/core' : `@zoo/core/${name}`] = `/node_modules/@zoo/core/dist/${name}.js`;
  }
  const scopes = Object.fromEntries(
    ['core', 'engine'].map((name) => {
      const { imports: own } = JSON.parse(
        readFileSync(join(project, `node_modules/@zoo/${name}/package.json`), 'utf8'),
      );
      const entries = Object.entries(own).map(([key, conditions]) => [
        key,
        `/node_modules/@zoo/${name}/${(conditions.default.default ?? conditions.default).slice(2)}`,
      ]);
      return [`/node_modules/@zoo/${name}/`, Object.fromEntries(entries)];
    }),
  );
  writeFileSync(join(project, 'unbundled.js'), UNBUNDLED);
  writeFileSync(
    join(project, 'index.html'),
    `<!doctype html><script type="importmap">${JSON.stringify({ imports, scopes })}</script><script type="module" src="/unbundled.js"></script>`,
  );
  await expectTraining(browser, 'import map', project);
}

/** TensorFlow.js' packages as one module each, which is what servers of modules give: their own files leave out endings. */
async function vendorTensorFlow(project) {
  const names = [
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-layers',
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-backend-wasm',
    '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js',
    '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js',
    ...pureRandNames(project),
  ];
  const sources = join(project, 'vendor-sources');
  mkdirSync(sources, { recursive: true });
  for (const [index, name] of names.entries()) {
    const contents = name.includes('/wasm-out/')
      ? `import glue from '${name}'; export default glue;`
      : `export * from '${name}';`;
    writeFileSync(join(sources, `${index}.js`), contents);
  }
  await build({
    entryPoints: names.map((_, index) => join(sources, `${index}.js`)),
    outdir: join(project, 'vendor'),
    // What several share is one copy.
    ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', logLevel: 'error' },
  });
  return Object.fromEntries(names.map((name, index) => [name, `/vendor/${index}.js`]));
}

/** What core's files import of pure-rand. */
function pureRandNames(project) {
  const file = readFileSync(join(project, 'node_modules/@zoo/core/dist/random.js'), 'utf8');
  return [...file.matchAll(/from\s*["'](pure-rand[^"']*)["']/g)].map(([, name]) => name);
}

async function expectTraining(browser, title, folder) {
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url, 'http://here').pathname));
    const file = path.endsWith('/') ? join(path, 'index.html') : path;
    if (!existsSync(file)) return response.writeHead(404).end();
    return response
      .writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page
      .waitForFunction('globalThis.outcome !== undefined', undefined, { timeout: PATIENCE_MS })
      .catch((error) => complaints.push(error.message));
    const losses = await page.evaluate('globalThis.outcome');
    const hasLearnt = Array.isArray(losses) && losses.length === 3 && losses[2] < losses[0];
    if (!hasLearnt || complaints.length > 0)
      throw new Error(
        `Expected the page of ${title} to train but it says ${JSON.stringify(losses)}: ${complaints.join('; ')}`,
      );
    console.log(`page, ${title}: losses ${losses.map((loss) => loss.toFixed(3)).join(', ')}`);
  } finally {
    await page.close();
    server.closeAllConnections();
    server.close();
  }
}
