import * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, modelMetadata, ZooError } from '@zoo/core';
import { createResnet, freeze, replaceHead, type ResNetOptions } from '@zoo/resnet';
import { modelWeights } from '@zoo/weights';

import { noteLine, type CommandIo } from '../command-io';

import { startingSize, type StartingNetwork } from './starting-network';
import type { UnsizedSettings } from './train-options';

/** What a network is built for. */
export interface BuildOptions {
  readonly settings: UnsizedSettings;
  readonly classNames: readonly string[];
  /** Whether a picture may have several classes: a sigmoid for each then, in place of a softmax. */
  readonly isMultiLabel: boolean;
  /** What `--weights` named; it belongs to the network that is built from now on. */
  readonly start: StartingNetwork | undefined;
}

/**
 * The network that the settings name, with its first weights and its frozen layers.
 *
 * @throws ArgumentError for a size that the starting network can't read; ZooError `weights-mismatch` for a frozen layer that no weights
 *   were found for.
 */
export function buildModel(options: BuildOptions, io: CommandIo): tfl.LayersModel {
  const { settings, classNames, isMultiLabel, start } = options;
  const { freeze, freezing } = settings;
  if (start === undefined) {
    return createResnet(settings.model, {
      ...networkOptions(settings),
      ...inputOf(settings),
      classes: classNames.length,
      ...(isMultiLabel && { classifierActivation: 'sigmoid' }),
    });
  }
  const { model, fresh } = startedModel(options, start);
  try {
    const rest =
      fresh.length === 0
        ? 'its classifier too, which has the same classes'
        : 'the classifier begins from scratch';
    noteLine(io, `weights: ${settings.weights ?? ''}, ${settings.model}; ${rest}`);
    for (const frozen of [freeze, ...(freezing ?? []).map((phase) => phase.frozen)]) {
      if (frozen !== null) expectFilled(model, frozen, fresh);
    }
    if (freeze !== null) freezeUntil(model, freeze);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Height and width are open where they change during the run. */
function inputOf({ imageSize, imageSizeByEpoch }: UnsizedSettings): ResNetOptions {
  if (imageSizeByEpoch === undefined) return { inputShape: [...imageSize, 3] };
  return { inputTensor: tfl.input({ shape: [null, null, 3] }) };
}

/** A network whose layers in `fresh` have random weights. */
interface StartedModel {
  readonly model: tfl.LayersModel;
  readonly fresh: readonly string[];
}

function startedModel(
  { settings, classNames, isMultiLabel }: BuildOptions,
  start: StartingNetwork,
): StartedModel {
  const { imageSize, imageSizeByEpoch, seed } = settings;
  const own = start.model.inputs[0]!.shape.slice(1, 3);
  const reads = own.every(
    (size, axis) => size === null || (imageSizeByEpoch === undefined && size === imageSize[axis]),
  );
  const source = reads ? start.model : resized(settings, start);
  const hasClasses = isSame(modelMetadata(source)?.classNames, classNames);
  if (hasClasses && (classifierHead(source).kind === 'multiLabel') === isMultiLabel) {
    return { model: source, fresh: [] };
  }
  const model = replaceHead(source, {
    classes: classNames.length,
    seed,
    ...(isMultiLabel && { classifierActivation: 'sigmoid' }),
  });
  for (const layer of source.layers) if (!model.layers.includes(layer)) layer.dispose();
  return { model, fresh: [model.layers.at(-1)!.name] };
}

/** The same network for pictures of another size, with the same weights. */
function resized(settings: UnsizedSettings, start: StartingNetwork): tfl.LayersModel {
  const { model: source, identity } = start;
  if (identity === undefined) {
    const [height, width] = startingSize(start)!;
    throw new ArgumentError(
      '--image-size',
      `${height}x${width}, the only size that these weights read,`,
      settings.imageSize.join('x'),
    );
  }
  const model = createResnet(identity.architecture, {
    ...identity.options,
    ...(identity.classes === undefined ? { includeTop: false } : { classes: identity.classes }),
    ...inputOf(settings),
    kernelInitializer: 'zeros',
  });
  try {
    copyWeights(source, model);
  } catch (error) {
    model.dispose();
    throw error;
  }
  source.dispose();
  return model;
}

/** By name: the target is built by this package, so that the source has to be too. */
function copyWeights(source: tfl.LayersModel, target: tfl.LayersModel): void {
  const found = new Map(modelWeights(source).map(({ name, variable }) => [name, variable]));
  for (const { name, variable } of modelWeights(target)) {
    const value = found.get(name);
    if (value === undefined || String(value.shape) !== String(variable.shape)) {
      throw new ZooError(
        'weights-mismatch',
        `Expected ${name} among the weights to start from but it is not there in this shape. Leave --image-size out.`,
      );
    }
    variable.write(value.read());
  }
}

/** Throws where a layer up to `until` has random weights; nothing is frozen afterwards. */
function expectFilled(model: tfl.LayersModel, until: string, fresh: readonly string[]): void {
  freezeUntil(model, until);
  const unfilled = model.layers.find((layer) => !layer.trainable && fresh.includes(layer.name));
  freezeUntil(model, null);
  if (unfilled === undefined) return;
  throw new ZooError(
    'weights-mismatch',
    `Expected weights for every frozen layer but '${unfilled.name}' begins from scratch. Freeze less: --freeze backbone keeps all but the head.`,
  );
}

/**
 * Keeps the layers from the input up to a stage or layer as they are in training, and thaws the others; `backbone` means all but the
 * head, the last layer with weights, and null nothing.
 */
export function freezeUntil(model: tfl.LayersModel, name: string | null): void {
  freeze(model, name === 'backbone' ? lastOfBackbone(model) : name);
}

function lastOfBackbone({ layers }: tfl.LayersModel): string {
  const head = layers.reduce((last, layer, index) => (layer.weights.length > 0 ? index : last), -1);
  return layers[Math.max(0, head - 1)]!.name;
}

function networkOptions({ seed, variant, stem, shortcut }: UnsizedSettings): ResNetOptions {
  return {
    seed,
    ...(variant !== null && { variant }),
    ...(stem !== null && { stem }),
    ...(shortcut != null && { shortcut }),
  };
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);
