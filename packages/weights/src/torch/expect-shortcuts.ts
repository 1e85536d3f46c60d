import type * as tfl from '@tensorflow/tfjs-layers';
import { ZooError } from '@zoo/core';

/**
 * Refuses a CIFAR network of akamaster's for a model whose shortcuts are padded otherwise: they have no weights, so that all others
 * would fit, and the answers be wrong.
 *
 * Its names tell it: three stages, a classifier called `linear` and no projection. Its shortcut takes every second pixel and puts half of
 * the zero channels on either side (akamaster/pytorch_resnet_cifar10, resnet.py, `option='A'`).
 *
 * @param names Names of the file's modules.
 * @throws ZooError 'weights-mismatch'.
 */
export function expectSameShortcuts(
  model: tfl.LayersModel,
  names: readonly string[],
  fileName: string,
): void {
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  const isOptionA = has(/^linear$/) && has(/^layer3\./) && !has(/^layer4\.|\.(shortcut|downsample)\./);
  if (!isOptionA) return;
  const pads = model.layers.filter(({ name }) => /_block\d+_0_pad$/.test(name));
  const pools = model.layers.filter(({ name }) => /_block\d+_0_pool$/.test(name));
  if (pads.every(hasBothSides) && pools.every(takesSinglePixels)) return;
  throw new ZooError(
    'weights-mismatch',
    `Expected shortcuts as the network in ${fileName} has them, every second pixel with zero channels on both sides, but those of ` +
      `'${model.name}' are of another form: all weights would fit and the answers be wrong. The model is unchanged. ` +
      "Build it with `shortcut: 'subsample-pad-both'`.",
  );
}

function hasBothSides(layer: tfl.layers.Layer): boolean {
  const { padding } = layer.getConfig() as { padding?: number[][] };
  const [before, after] = padding?.[1] ?? [];
  return before !== undefined && after !== undefined && before > 0 && Math.abs(after - before) <= 1;
}

function takesSinglePixels(layer: tfl.layers.Layer): boolean {
  const { poolSize } = layer.getConfig() as { poolSize?: number | number[] };
  return [poolSize].flat()[0] === 1;
}
