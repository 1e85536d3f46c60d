/**
 * One training step or prediction of ResNet-50 on wasm for each line read. Run by wasm.ts:
 * `wasm-step stock|stock-folded|zoo|zoo-folded|zoo-no-fma train|predict 224 1 2`.
 */
import * as tf from '@tensorflow/tfjs-core';
import { foldBatchNorm, startWasm } from '@zoo/engine';
import { resnet50 } from '@zoo/resnet';

import { serveSteps } from './shared/step-process';
import { startStockWasm } from './shared/stock-wasm';
import { labelsInTurn, randomImages, zooTrainingStep } from './shared/zoo-training-step';

const CLASSES = 10;

const [kind = 'zoo', mode = 'predict', size = '224', batch = '1', threads = '2'] = process.argv.slice(2);

/** Every runtime refuses relaxed SIMD while this holds: what remains are the kernels without it. */
if (kind === 'zoo-no-fma') WebAssembly.validate = () => false;
if (kind.startsWith('stock')) await startStockWasm(Number(threads));
else await startWasm({ threads: Number(threads) });

const images = randomImages(Number(batch), Number(size));
const built = resnet50({
  weights: null,
  inputShape: [Number(size), Number(size), 3],
  classes: CLASSES,
  classifierActivation: mode === 'train' ? null : 'softmax',
  seed: 1,
});
const model = kind.endsWith('folded') ? foldBatchNorm(built) : built;
const predict = (): void => {
  tf.tidy(() => (model.predict(images) as tf.Tensor).dataSync());
};
await serveSteps(
  mode === 'train' ? zooTrainingStep(model, images, labelsInTurn(Number(batch), CLASSES)) : predict,
);
