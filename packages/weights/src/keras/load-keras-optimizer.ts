import type * as tfl from '@tensorflow/tfjs-layers';
import {
  expectOneOf,
  READING_OPTIONS,
  readOptions,
  ZooError,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';

import { leafLayers, modelWeights, topLayers, type ModelWeight } from '../model/model-layers';
import { invalidFile } from '../source/byte-source';
import { withSource, type WeightFile } from '../source/open-source';
import type { StoredTensor } from '../stored-tensor';
import { type HostTensor, elementCount, toFloat32 } from '../tensor-data';

import { classPaths, configLayerTree } from './class-paths';
import type { KerasFile } from './keras-file';
import {
  KERAS_OPTIMIZERS,
  liesSlotBySlot,
  parseOptimizer,
  slotNames,
  type KerasOptimizer,
  type KerasOptimizerSetup,
} from './keras-optimizer';
import { matchKerasFile } from './match-keras-file';
import { openKerasFile } from './open-keras-file';

const LOAD_KERAS_OPTIMIZER_OPTIONS = {
  ...READING_OPTIONS,
  /** Which optimizer it is, where the file holds its state alone: a `.weights.h5` does. */
  setup: {
    type: 'any',
    expected: 'class, learning rate and settings of an optimizer',
    check: (argument, value) => {
      const { className } = (value ?? {}) as Partial<KerasOptimizerSetup>;
      expectOneOf(`${argument}.className`, className, KERAS_OPTIMIZERS);
      return value;
    },
  } as AnyRow<KerasOptimizerSetup>,
} as const satisfies OptionTable;

/** Options of {@link loadKerasOptimizer}. */
export interface LoadKerasOptimizerOptions extends OptionsOf<typeof LOAD_KERAS_OPTIMIZER_OPTIONS> {}

/**
 * Reads the optimizer that a Keras file holds, class, settings and state: legacy `.h5` of Keras 1 to 3, `.keras`, `.weights.h5`.
 *
 * Load the model first, with {@link loadKerasModel} or {@link loadKerasWeights}; the state is named after its trainable weights, which have
 * to be those that were trained. Nothing is changed, and no tensor is made.
 *
 * @param model The model that belongs to the file.
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @throws ZooError 'invalid-file' if the file holds no optimizer or is not sound, 'unsupported' for other classes than SGD, Adam, AdamW and
 *   RMSprop and for averaged weights and accumulated gradients within the optimizer, 'weights-mismatch' if the state does not fit the
 *   model, 'download'; ArgumentError.
 *
 * @example
 * const model = await loadKerasModel('run.keras');
 * const optimizer = await loadKerasOptimizer(model, 'run.keras');
 */
export async function loadKerasOptimizer(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadKerasOptimizerOptions = {},
): Promise<KerasOptimizer> {
  readOptions(LOAD_KERAS_OPTIMIZER_OPTIONS, options);
  return withSource(file, options, async (source) => {
    const kerasFile = await openKerasFile(source);
    const setup = parseOptimizer(kerasFile) ?? options.setup;
    if (setup === undefined) {
      const isState = kerasFile.optimizer.length > 0;
      throw invalidFile(
        source.name,
        isState ? 'does not say which optimizer its state is of' : 'holds no optimizer',
        isState ? 'Pass it as `setup`.' : 'Compile the model before it is saved, and not as weights only.',
      );
    }
    const { leading, slots } = arrange(kerasFile, setup, trainedWeights(model, kerasFile), model.name);
    const { iterations, learningRate = setup.learningRate } = await readScalars(leading, source.name);
    if (iterations > 0 && slots.size === 0 && slotNames(setup).length > 0) {
      throw mismatch(source.name, model.name, `it lacks the state of ${iterations} updates`);
    }
    const values = new Map<string, HostTensor>();
    for (const [name, tensor] of slots) {
      options.signal?.throwIfAborted();
      // A copy: a file in memory may be read without one.
      values.set(name, { shape: tensor.shape, values: Float32Array.from(toFloat32(await tensor.read())) });
    }
    await kerasFile.verify?.();
    return { ...setup, learningRate, iterations, slots: values };
  });
}

interface ArrangedState {
  /** Count of updates and learning rate, as far as the file has them. */
  readonly leading: readonly StoredTensor[];
  readonly slots: ReadonlyMap<string, StoredTensor>;
}

/** Which of the file's variables is which slot of which weight. */
function arrange(
  file: KerasFile,
  setup: KerasOptimizerSetup,
  weights: readonly ModelWeight[],
  modelName: string,
): ArrangedState {
  const variables = file.optimizer;
  const names = slotNames(setup);
  const first = variables.findIndex(({ shape }) => shape.length > 0);
  const leadingCount = first === -1 ? variables.length : first;
  const leading = variables.slice(0, leadingCount);
  const rest = withoutPlaceholders(variables.slice(leadingCount), names.length, weights.length);
  if (rest.length === 0) return { leading, slots: new Map() };
  const expected = names.length * weights.length;
  if (rest.length !== expected) {
    throw mismatch(file.name, modelName, `it has ${rest.length} values where ${expected} are needed`);
  }
  const interleaved = !liesSlotBySlot(setup) && isInterleaved(file, rest);
  const slots = new Map<string, StoredTensor>();
  names.forEach((slot, i) => {
    weights.forEach(({ name, variable }, j) => {
      const tensor = rest[interleaved ? j * names.length + i : i * weights.length + j]!;
      const shape = variable.shape as number[];
      if (shape.join() !== tensor.shape.join()) {
        const shapes = `[${tensor.shape.join(', ')}] for ${name} of shape [${shape.join(', ')}]`;
        throw mismatch(file.name, modelName, `its ${slot} has shape ${shapes}`);
      }
      slots.set(`${slot}/${name}`, tensor);
    });
  });
  return { leading, slots };
}

/** Keras before 2.4 keeps a momentum that SGD without one does not use, and for Adam without `amsgrad` a number for each weight. */
function withoutPlaceholders(
  rest: readonly StoredTensor[],
  slots: number,
  weights: number,
): readonly StoredTensor[] {
  const unused = rest.slice(slots * weights);
  const isPlaceholder = slots === 0 || unused.every(({ shape }) => elementCount(shape) === 1);
  return unused.length === weights && isPlaceholder ? rest.slice(0, slots * weights) : rest;
}

/**
 * True if all slots of a weight lie together, as Keras has had it since 2.11: names end in `_momentum` or begin with `Adam/m/`.
 * Before, all weights of a slot did.
 */
function isInterleaved(file: KerasFile, variables: readonly StoredTensor[]): boolean {
  if (file.format !== 'legacy-h5') return true;
  return variables.every(({ name }) =>
    /_(momentum|velocity|velocity_hat)$|^([^/]+\/)?(m|v|vhat)\/.+:0$/.test(name),
  );
}

async function readScalars(leading: readonly StoredTensor[], fileName: string) {
  const [iterations = 0, learningRate, ...more] = await Promise.all(
    leading.map(async (tensor) => Number((await tensor.read())[0])),
  );
  const isRate = learningRate === undefined || Number.isFinite(learningRate);
  if (!Number.isSafeInteger(iterations) || iterations < 0 || !isRate || more.length > 0) {
    throw invalidFile(fileName, 'has a damaged count of updates or learning rate in its optimizer');
  }
  return { iterations, learningRate };
}

/** The trainable weights in the order in which the file's model had them. */
function trainedWeights(model: tfl.LayersModel, file: KerasFile): ModelWeight[] {
  const trainable = new Set(model.trainableWeights);
  const names = new Map(modelWeights(model).map(({ name, variable }) => [variable, name]));
  const variables = sortsByName(file) ? variablesByName(model, file) : variablesByLayer(model, file);
  return variables
    .filter((variable) => trainable.has(variable))
    .map((variable) => ({ name: names.get(variable)!, variable }));
}

/** All weights, by the names that they have in the file. */
function variablesByName(model: tfl.LayersModel, file: KerasFile): tfl.LayerVariable[] {
  const { assignments } = matchKerasFile(model, file, { by: 'name', skipMismatch: true });
  return [...assignments]
    .sort((left, right) => (left.tensor.name < right.tensor.name ? -1 : 1))
    .map(({ weight }) => weight.variable);
}

/** All weights, by the file's order of layers, or the model's where the file has none. */
function variablesByLayer(model: tfl.LayersModel, file: KerasFile): tfl.LayerVariable[] {
  const layers = (file.layerNames === 'top' ? topLayers(model) : leafLayers(model)).filter(
    ({ weights }) => weights.length > 0,
  );
  const order = layerOrder(file);
  if (order !== undefined) {
    const strange = layers.find(({ name }) => !order.has(name));
    if (strange !== undefined) throw mismatch(file.name, model.name, `it knows no layer '${strange.name}'`);
    layers.sort((left, right) => order.get(left.name)! - order.get(right.name)!);
  }
  return layers.flatMap(({ weights }) => weights.map(({ variable }) => variable));
}

/** True if Keras sorted the trainable weights by name before it made the optimizer's: until 2.0.6, and some versions of tf.keras. */
function sortsByName({ kerasVersion, name }: KerasFile): boolean {
  if (/^2\.[01]\..*-tf/.test(kerasVersion)) {
    throw new ZooError(
      'unsupported',
      `Expected an optimizer of a Keras whose order of weights is known but ${name} is of ${kerasVersion}. Load the model alone.`,
    );
  }
  const [major = 0, minor = 0, patch = 0] = kerasVersion
    .split('.')
    .map((part) => Number.parseInt(part, 10) || 0);
  return major < 2 || (major === 2 && minor === 0 && patch < 6);
}

/** Places of the layers in the file's model; undefined if the file does not say. */
function layerOrder(file: KerasFile): ReadonlyMap<string, number> | undefined {
  if (file.layerNames === 'top') return new Map(file.layers.map(({ name }, i) => [name, i]));
  if (file.modelConfig === undefined) return undefined;
  return new Map(classPaths(configLayerTree(file.modelConfig)).map(({ name }, i) => [name, i]));
}

function mismatch(fileName: string, modelName: string, problem: string): ZooError {
  return new ZooError(
    'weights-mismatch',
    `Expected the optimizer's state in ${fileName} to fit the trainable weights of '${modelName}' but ${problem}. ` +
      'Freeze the layers that were frozen, and load it into the model that was trained.',
  );
}
