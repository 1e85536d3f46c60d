import { ArgumentError, memoize, nearestName } from '@zoo/core';

import type { Architecture } from './builder/architecture';
import { cifarArchitectures } from './cifar-architectures';
import {
  CIFAR_DEPTHS,
  cifarResnet,
  type DescribedBuilder,
  PRE_ACTIVATION_CIFAR_DEPTHS,
  preActivationCifarResnet,
  preActivationResnet18,
  preActivationResnet34,
  resnet10,
  resnet101,
  resnet101v2,
  resnet152,
  resnet152v2,
  resnet18,
  resnet34,
  resnet50,
  resnet50v2,
  type ResNetBuilder,
  resnetBuilder,
  type ResNetBuilderBy,
  resnext50,
  seResnet50,
  slimResnet18,
  wideResnet101,
  wideResnet50,
} from './networks';
import { timmArchitectures } from './timm-architectures';

// Made when asked for: a table at the top level would keep every family in a bundle that uses one.
const namedBuilders = /* @__PURE__ */ memoize((): Readonly<Record<string, DescribedBuilder>> => ({
  resnet10,
  resnet18,
  slim_resnet18: slimResnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  resnet50v2,
  resnet101v2,
  resnet152v2,
  wide_resnet50_2: wideResnet50,
  wide_resnet101_2: wideResnet101,
  se_resnet50: seResnet50,
  resnext50_32x4d: resnext50,
  preactivation_resnet18: preActivationResnet18,
  preactivation_resnet34: preActivationResnet34,
}));

const builders = /* @__PURE__ */ memoize((): Readonly<Record<string, ResNetBuilder>> => ({
  ...namedBuilders(),
  ...rowBuilders(timmArchitectures()),
  ...rowBuilders(cifarArchitectures()),
  ...byDepth('resnet', CIFAR_DEPTHS, cifarResnet),
  ...byDepth('preactivation_resnet', PRE_ACTIVATION_CIFAR_DEPTHS, preActivationCifarResnet),
}));

function rowBuilders(
  rows: Readonly<Record<string, Omit<Architecture, 'name'>>>,
): Record<string, ResNetBuilder> {
  const named = Object.entries(rows);
  return Object.fromEntries(named.map(([name, row]) => [name, resnetBuilder(() => ({ name, ...row }))]));
}

function byDepth(
  prefix: string,
  depths: readonly number[],
  build: ResNetBuilderBy<number>,
): Record<string, ResNetBuilder> {
  const builderOf = (depth: number): ResNetBuilder => ((options) => build(depth, options)) as ResNetBuilder;
  return Object.fromEntries(depths.map((depth) => [`${prefix}${depth}`, builderOf(depth)]));
}

/** What the networks that have one depth each are built from, as data; the CIFAR families come in any depth of theirs. */
export function namedArchitectures(): Architecture[] {
  return Object.values(namedBuilders()).map(({ architecture }) => architecture());
}

/** The names that {@link createResnet} takes, such as `resnet50`, or `resnet20` of the CIFAR family. */
export function resnetNames(): readonly string[] {
  return Object.keys(builders());
}

/**
 * Builds a network by its name, for command lines and configurations.
 *
 * @param name One of {@link resnetNames}.
 * @param options As for {@link resnet18}; with `weights` it returns a promise.
 * @throws ArgumentError for an unknown name; it suggests the nearest.
 */
export const createResnet = ((name, options) => {
  const builder = Object.hasOwn(builders(), name) ? builders()[name] : undefined;
  if (builder !== undefined) return builder(options);
  const nearest = nearestName(name, resnetNames());
  throw new ArgumentError(
    'name',
    'the name of a residual network',
    name,
    nearest === undefined ? `Known names: ${resnetNames().join(', ')}.` : `Did you mean '${nearest}'?`,
  );
}) as ResNetBuilderBy<string>;
