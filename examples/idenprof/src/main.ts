/**
 * The IdenProf program: https://github.com/OlafenwaMoses/IdenProf, idenprof.py, in TypeScript.
 *
 *   node dist/main.js train idenprof                                     ResNet-50 from scratch, 200 epochs of 9,000 pictures
 *   node dist/main.js predict <weights.h5> <class.json> <picture.jpg>    police : 99.38194155693054 ...
 *
 * At its full size (224 pixels) this is work for a GPU: `--image-size 64 --epochs 20 --steps 50` gives an idea of it on a CPU.
 */
import { parseArgs } from 'node:util';

import { describeEngines, selectEngine } from '@zoo/engine';

import { runInference } from './run-inference';
import { trainNetwork } from './train-network';

const USAGE = `Usage: main.js train <folder with train/ and test/> [--image-size 224] [--epochs 200] [--steps <batches an epoch>]
       main.js predict <weights.h5> <class index.json> <picture> [--image-size 224]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'image-size': { type: 'string' }, epochs: { type: 'string' }, steps: { type: 'string' } },
});
const [command, ...paths] = positionals;
const imageSize = Number(values['image-size'] ?? 224);

const engine = await selectEngine({ purpose: command === 'predict' ? 'infer' : 'train' });
try {
  if (command === 'train' && paths.length === 1) {
    console.log(describeEngines(engine));
    await trainNetwork({
      dataDirectory: paths[0]!,
      modelDirectory: 'idenprof_models',
      imageSize,
      epochs: Number(values.epochs ?? 200),
      ...(values.steps !== undefined && { stepsPerEpoch: Number(values.steps) }),
    });
  } else if (command === 'predict' && paths.length === 3) {
    const [modelPath, classIndexPath, picture] = paths as [string, string, string];
    console.log(await runInference({ modelPath, classIndexPath, picture, imageSize }));
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} finally {
  await engine.dispose();
}
