import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, classifierHead, modelMetadata, type BatchSource } from '@zoo/core';

/**
 * Throws ArgumentError unless `source` has the pictures that `model` reads and the classes that it tells apart.
 *
 * @param classNames What the classes have to be called, where that is known: another order would silently give wrong figures.
 */
export function expectFits(
  model: tfl.LayersModel,
  argument: string,
  source: BatchSource,
  classNames?: readonly string[],
): void {
  expectSource(argument, source);
  const { classCount: classes, kind } = classifierHead(model);
  if (source.isMultiLabel === true && kind !== 'multiLabel') {
    throw new ArgumentError(
      argument,
      `one class per picture, of which '${model.name}' tells one,`,
      'a source with several',
      "Build the model with classifierActivation: 'sigmoid'.",
    );
  }
  if (source.classNames.length !== classes) {
    throw new ArgumentError(
      `${argument}.classNames`,
      `the ${String(classes)} classes of '${model.name}'`,
      source.classNames,
      source.classNames.length < classes
        ? `Build the model with classes: ${source.classNames.length}, or count the labels of a part of its classes in its order: alignClasses() of @zoo/data.`
        : `Build the model with classes: ${source.classNames.length}.`,
    );
  }
  if (classNames !== undefined && classNames.join('\n') !== source.classNames.join('\n')) {
    throw new ArgumentError(
      `${argument}.classNames`,
      `the classes of the training source in their order, ${classNames.join(', ')},`,
      source.classNames,
    );
  }
  const shape = model.inputs[0]!.shape.slice(1);
  const fits =
    shape.length === 3 && shape.every((size, axis) => size === null || size === source.imageShape[axis]);
  if (!fits) {
    throw new ArgumentError(
      `${argument}.imageShape`,
      `[${shape.map((size) => size ?? 'any').join(', ')}], the pictures that '${model.name}' reads,`,
      source.imageShape,
    );
  }
  if (source.sizeVaries === true && shape.slice(0, 2).some((size) => size !== null)) {
    throw new ArgumentError(
      argument,
      `pictures of one size, [${shape.join(', ')}], the only one that '${model.name}' reads,`,
      'a source whose size changes by epoch',
      'Build the model with inputShape: [null, null, 3].',
    );
  }
}

/** Throws ArgumentError for what makes no batches, and says how what is often given instead is made a source. */
export function expectSource(argument: string, source: BatchSource): void {
  const given: unknown = source;
  const { classNames, imageShape, batches } = (given ?? {}) as Partial<BatchSource>;
  if (Array.isArray(classNames) && Array.isArray(imageShape) && typeof batches === 'function') return;
  throw new ArgumentError(argument, 'a source of batches', source, adviceFor(source));
}

function adviceFor(given: unknown): string {
  if (given instanceof Promise) return 'Await it.';
  const isSet = typeof given === 'object' && given !== null && 'examples' in given;
  return isSet
    ? 'Make batches of the set: await imageBatches(set, { imageSize: 64 }).'
    : 'Give it what imageBatches() makes, or an object with the fields of BatchSource.';
}

/**
 * Throws ArgumentError where `source` has the classes of the model by name but in another order, which would silently give wrong figures.
 *
 * Other names say nothing: `tench` and `n01440764` are one class.
 */
export function expectOwnOrder(model: tfl.LayersModel, argument: string, { classNames }: BatchSource): void {
  const own = modelMetadata(model)?.classNames;
  if (own === undefined || own.length !== classNames.length) return;
  const isSame = own.every((name, label) => name === classNames[label]);
  if (isSame || [...own].sort().join('\n') !== [...classNames].sort().join('\n')) return;
  throw new ArgumentError(
    `${argument}.classNames`,
    `the classes of '${model.name}' in their order, ${own.join(', ')},`,
    classNames,
    'Count the labels in its order: alignClasses() of @zoo/data.',
  );
}
