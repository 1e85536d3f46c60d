import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { foldBatchNorm } from '@zoo/engine';
import { createResnet } from '@zoo/resnet';

import { median } from '../shared/median';
import { randomImages } from '../shared/zoo-training-step';

import { startOurs, startStock } from './backends';
import type { Section, SectionContext } from './section';

async function timePredictions(
  name: string,
  model: tfl.LayersModel,
  batch: number,
  { isSmall, report, secondsLeft }: SectionContext,
): Promise<void> {
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
    ...{ result: name, batch, size, firstMs },
    medianMs: median(milliseconds),
    bestMs: Math.min(...milliseconds),
  });
}

function build({ isSmall }: SectionContext): tfl.LayersModel {
  const size = isSmall ? 32 : 224;
  return createResnet(isSmall ? 'resnet18' : 'resnet50', {
    weights: null,
    inputShape: [size, size, 3],
    seed: 1,
  });
}

/** Inference of ResNet-50: ours, folded, and TensorFlow.js' own. */
export const inferenceSections: readonly Section[] = [
  {
    name: 'predict resnet50',
    budgetSeconds: 20,
    async run(context) {
      await startOurs();
      const model = build(context);
      for (const batch of [1, 32]) {
        await timePredictions('ours, as built', model, batch, context);
        await timePredictions('ours, batch norm folded', foldBatchNorm(model), batch, context);
      }
    },
  },
  {
    name: 'predict resnet50 stock',
    budgetSeconds: 20,
    async run(context) {
      await startStock();
      for (const batch of [1, 32]) await timePredictions('stock, as built', build(context), batch, context);
    },
  },
];
