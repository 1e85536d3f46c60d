import type { StoredLayer } from '../stored-tensor';

/**
 * Today's name in keras.applications of the ResNet layer that was called `name` until 2019, and still is in the deeplearning.ai course's
 * exercise: `res2a_branch2b` is `conv2_block1_2_conv`, `bn2a_branch1` is `conv2_block1_0_bn`, `fc1000` is `predictions`.
 *
 * Any other name stays as it is. Deep networks in the manner of Caffe's number their blocks from the second on: `res3b7_branch2a`.
 */
export function kerasResnetLayerName(name: string): string {
  if (name === 'conv1') return 'conv1_conv';
  if (name === 'bn_conv1') return 'conv1_bn';
  // Its files of 2019 say `probs`, its code has said `predictions` since 2020. The number is the course's count of classes.
  if (name === 'probs' || /^fc\d+$/.test(name)) return 'predictions';
  const match = /^(res|bn)(\d)([a-z])(\d*)_branch(1|2a|2b|2c)$/.exec(name);
  if (match === null) return name;
  const [, kind, stage, letter, count, branch] = match as unknown as string[];
  const block = letter!.charCodeAt(0) - 'a'.charCodeAt(0) + Number(count === '' ? 1 : count);
  const part = ['1', '2a', '2b', '2c'].indexOf(branch!);
  return `conv${stage!}_block${block}_${part}_${kind === 'res' ? 'conv' : 'bn'}`;
}

/** A file's layers under their names of today where the model knows those and not the file's own. */
export function withTodaysNames<Layer extends StoredLayer>(
  stored: readonly Layer[],
  modelNames: ReadonlySet<string>,
): Layer[] {
  const names = new Set(stored.map(({ name }) => name));
  return stored.map((layer) => {
    const today = kerasResnetLayerName(layer.name);
    const isKnown = modelNames.has(today) && !modelNames.has(layer.name) && !names.has(today);
    return isKnown ? { ...layer, name: today } : layer;
  });
}
