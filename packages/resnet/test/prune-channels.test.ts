import * as tf from '@tensorflow/tfjs-core';
import { pruneChannels, type PrunedConvolution } from '@zoo/weights';
import { beforeAll, describe, expect, it } from 'vitest';

import { createResnet, identifyModel, summary } from '../src';

beforeAll(() => tf.setBackend('cpu'));

/** A network of small pictures, and it with half of the channels within its blocks. */
async function halved(name: string) {
  const model = createResnet(name, { inputShape: [32, 32, 3], classes: 3, seed: 1 });
  let report: readonly PrunedConvolution[] = [];
  const small = await pruneChannels(model, { share: 0.5, onReport: (rows) => (report = rows) });
  return { model, small, report, dispose: () => [model, small].forEach((each) => each.dispose()) };
}

describe('pruneChannels, of the networks of the family', () => {
  it.each([
    // The first convolution of each block of two, the first two of each of three.
    ['resnet20', 9],
    ['resnet18', 8],
    ['resnet50', 32],
    // And the squeezes that have more than eight channels.
    ['seresnet18', 8 + 4],
  ])('narrows the inner convolutions of %s', async (name, count) => {
    const { model, small, report, dispose } = await halved(name);
    expect(report).toHaveLength(count);
    for (const { channelsBefore, channelsAfter } of report) expect(channelsAfter).toBe(channelsBefore / 2);
    const [before, after] = [model, small].map((each) => summary(each));
    expect(after!.multiplyAdds / before!.multiplyAdds).toBeLessThan(0.7);
    const scores = tf.tidy(() => (small.predict(tf.zeros([1, 32, 32, 3])) as tf.Tensor).dataSync());
    expect(scores).toHaveLength(3);
    dispose();
  });

  it('makes a network that is not taken for the one that it was', async () => {
    const { small, dispose } = await halved('resnet18');
    expect(() => identifyModel(small)).toThrow();
    dispose();
  });
});
