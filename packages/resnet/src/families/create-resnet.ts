import type * as tf from '@tensorflow/tfjs';
import { ArgumentError, nearestName } from '@zoo/core';

import type { ResNetOptions } from '../builder/options';

import { CIFAR_DEPTHS, cifarResnet } from './cifar-resnet';
import { resnet101, resnet152, resnet18, resnet34, resnet50, wideResnet101, wideResnet50 } from './resnet';

type Builder = (options: ResNetOptions) => tf.LayersModel;

const BUILDERS: Readonly<Record<string, Builder>> = {
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  wide_resnet50_2: wideResnet50,
  wide_resnet101_2: wideResnet101,
  ...Object.fromEntries(
    CIFAR_DEPTHS.map((depth): [string, Builder] => [
      `resnet${depth}`,
      (options) => cifarResnet(depth, options),
    ]),
  ),
};

/** Names that {@link createResnet} builds by: `resnet50`, and `resnet20` for the CIFAR family. */
export function resnetNames(): readonly string[] {
  return Object.keys(BUILDERS);
}

/**
 * Builds a net by its name, for command lines and configurations.
 *
 * @param name One of {@link resnetNames}.
 * @param options As for {@link resnet18}.
 * @throws ArgumentError for an unknown name; it suggests the nearest.
 */
export function createResnet(name: string, options: ResNetOptions = {}): tf.LayersModel {
  const builder = Object.hasOwn(BUILDERS, name) ? BUILDERS[name] : undefined;
  if (builder !== undefined) return builder(options);
  const nearest = nearestName(name, resnetNames());
  throw new ArgumentError(
    'name',
    'the name of a residual network',
    name,
    nearest === undefined ? `Known names: ${resnetNames().join(', ')}.` : `Did you mean '${nearest}'?`,
  );
}
