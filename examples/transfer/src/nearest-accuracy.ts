import { nearestTo, neighborVotes } from '@zoo/classify';
import { disposeBatch, type BatchSource } from '@zoo/core';

/** Nearest pictures that vote on a class. */
const NEIGHBORS = 20;

/** The share of `test` whose class the nearest pictures of `train` vote for: what the features are worth without any training. */
export async function nearestAccuracy(train: BatchSource, test: BatchSource): Promise<number> {
  const known = await directions(train);
  const asked = await directions(test);
  const right = asked.filter(({ direction, className }) => {
    const nearest = nearestTo<string>(direction, { count: NEIGHBORS });
    for (const each of known) nearest.show(each.className, each.direction);
    const [best] = neighborVotes(
      nearest.neighbors.map(({ item, similarity }) => ({ className: item, similarity })),
    );
    return best!.className === className;
  });
  return right.length / asked.length;
}

/** Every picture's features, divided by their length, so that products are cosines. */
async function directions(source: BatchSource): Promise<{ direction: Float32Array; className: string }[]> {
  const found: { direction: Float32Array; className: string }[] = [];
  for await (const batch of source.batches({ epoch: 0 })) {
    const features = await batch.images.array();
    const labels = await batch.labels.array();
    disposeBatch(batch);
    features.forEach((picture, index) => {
      const values = picture.flat(2);
      const length = Math.max(Math.hypot(...values), 1e-12);
      found.push({
        direction: Float32Array.from(values, (value) => value / length),
        className: source.classNames[labels[index]!.indexOf(1)]!,
      });
    });
  }
  return found;
}
