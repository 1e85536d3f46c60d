import * as tf from '@tensorflow/tfjs';
import { foldBatchNorm } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from '../shared/median';
import { randomImages } from '../shared/zoo-training-step';

import { OURS, startOurs, startStock, STOCK } from './backends';
import type { Section, SectionContext } from './section';

async function timePredictions(
  name: string,
  backend: string,
  model: tf.LayersModel,
  batch: number,
  { isSmall, report, secondsLeft }: SectionContext,
): Promise<void> {
  await tf.setBackend(backend);
  const [, size] = model.inputs[0]!.shape as number[];
  const images = randomImages(batch, size!);
  const predict = async (): Promise<number> => {
    const start = performance.now();
    const output = tf.tidy(() => model.predict(images) as tf.Tensor);
    await output.data();
    output.dispose();
    return performance.now() - start;
  };
  const firstMs = await predict();
  await predict();
  const milliseconds: number[] = [];
  for (let round = 0; round < (isSmall ? 3 : 30) && (round < 3 || secondsLeft() > 0); round++) {
    milliseconds.push(await predict());
  }
  images.dispose();
  report({
    result: name,
    backend,
    batch,
    size,
    firstMs,
    medianMs: median(milliseconds),
    bestMs: Math.min(...milliseconds),
  });
}

/** Inference of ResNet-50: ours, folded, and TensorFlow.js' own. */
export const inferenceSections: readonly Section[] = [1, 32].map((batch) => ({
  name: `predict resnet50 b${batch}`,
  budgetSeconds: 25,
  async run(context) {
    const { isSmall, report } = context;
    await startOurs();
    const size = isSmall ? 32 : 224;
    const build = () =>
      createResnet(isSmall ? 'resnet18' : 'resnet50', {
        weights: null,
        inputShape: [size, size, 3],
        seed: 1,
      });
    const model = build();
    await timePredictions('as built', OURS, model, batch, context);
    await timePredictions('batch norm folded', OURS, foldBatchNorm(model), batch, context).catch(
      (error: unknown) => report({ failed: `folded: ${String(error)}` }),
    );
    await startStock();
    await timePredictions('as built', STOCK, build(), batch, context);
  },
}));
