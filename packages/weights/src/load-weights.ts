import type * as tfl from '@tensorflow/tfjs-layers';
import { READING_OPTIONS, readOptions } from '@zoo/core/options';

import { kerasFormat } from './formats/keras-format';
import { pytorchFormat } from './formats/pytorch-format';
import { openSafetensorsAs } from './formats/safetensors-format';
import type { OpenedFile, WeightsInspection } from './formats/weight-format';
import { weightFormatOf } from './formats/weight-formats';
import {
  LOAD_KERAS_WEIGHTS_OPTIONS,
  LOAD_WEIGHTS_OPTIONS,
  type LoadKerasWeightsOptions,
  type LoadWeightsOptions,
  type ReadOptions,
} from './loading-options';
import { fillModel } from './model/fill-model';
import type { WeightsReport } from './model/weights-report';
import { isSafetensors } from './safetensors/read-safetensors';
import { readWithin, type ByteSource } from './source/byte-source';
import { withSource, type WeightFile } from './source/open-source';

/**
 * Loads a Keras file, a PyTorch file or safetensors of either's layout into `model`, told apart by content, whatever the name.
 *
 * Strict by default: either every weight of model and file has a partner of the same shape, or the model stays as it was and one error
 * lists everything that is missing, unexpected or of another shape.
 *
 * @param model The model; its architecture is not changed.
 * @param file A path (in Node), address, Blob, File, bytes or ByteSource.
 * @returns What was loaded and, with `skipMismatch`, what was not.
 * @throws ZooError 'weights-mismatch' if they do not fit, 'invalid-file' or 'unsupported' if the file is not sound or uses what is not
 *   read, 'download' if its address does not answer; ArgumentError.
 */
export function loadWeightsFile(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadKerasWeightsOptions = {},
): Promise<WeightsReport> {
  return load(model, file, options, openAny);
}

/**
 * Loads the weights of a Keras file into `model`, as {@link loadWeightsFile}: legacy `.h5` of Keras 1 to 3 (full model or weights only),
 * `.weights.h5` or `.keras`. The kind is recognised by content.
 *
 * The layer names that keras.applications had before 2019 and the deeplearning.ai course still has (`res2a_branch2a`) are recognised.
 *
 * @example
 * await loadKerasWeights(resnet50(), 'resnet50_weights_tf_dim_ordering_tf_kernels.h5');
 */
export function loadKerasWeights(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadKerasWeightsOptions = {},
): Promise<WeightsReport> {
  return load(model, file, options, kerasFormat.open);
}

/**
 * Loads weights of a PyTorch network into `model`, as {@link loadWeightsFile}: `.pth`, `.pt` or `.th` (ZIP or legacy pickle), or
 * safetensors with such names.
 *
 * Kernels are converted to TensorFlow's layouts. Pickles are read with a list of allowed names; nothing in them is executed, and Python
 * objects other than tensors are 'unsupported'. A `module.` that DataParallel put before every name is dropped.
 *
 * @example
 * await loadTorchWeights(resnet50({ variant: 'torchvision' }), 'resnet50-0676ba61.pth');
 */
export function loadTorchWeights(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  return load(model, file, options, openTorch, LOAD_WEIGHTS_OPTIONS);
}

/**
 * Loads a safetensors file that `encodeSafetensors` made into a model with the same layers' names, as {@link loadWeightsFile}. For one
 * with PyTorch's names and layouts see {@link loadTorchWeights}.
 */
export function loadSafetensors(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  return load(
    model,
    file,
    options,
    (source) => openSafetensorsAs(source, 'tensorflow'),
    LOAD_WEIGHTS_OPTIONS,
  );
}

/** Options of {@link inspectWeights}. */
export type InspectWeightsOptions = ReadOptions;

/**
 * Reads the directory of a weight file of any kind and name: the names, shapes and types of its tensors, and its metadata.
 *
 * @throws ZooError 'invalid-file' if the file is damaged or of an unknown kind, 'unsupported' for Python objects other than tensors,
 *   'download'.
 */
export async function inspectWeights(
  file: WeightFile,
  options: InspectWeightsOptions = {},
): Promise<WeightsInspection> {
  readOptions(READING_OPTIONS, options);
  return withSource(file, options, async (source) => (await openAny(source)).inspect());
}

/** The one way from a file into a model: open, match, report, assign. */
async function load(
  model: tfl.LayersModel,
  file: WeightFile,
  options: LoadKerasWeightsOptions,
  open: (source: ByteSource) => Promise<OpenedFile>,
  table: typeof LOAD_WEIGHTS_OPTIONS = LOAD_KERAS_WEIGHTS_OPTIONS,
): Promise<WeightsReport> {
  const { skipMismatch } = readOptions(table, options);
  const settled = { ...options, skipMismatch };
  return withSource(file, options, async (source) => {
    const opened = await open(source);
    return fillModel(model, opened, opened.match(model, settled), settled);
  });
}

async function openAny(source: ByteSource): Promise<OpenedFile> {
  return (await weightFormatOf(source)).open(source);
}

async function openTorch(source: ByteSource): Promise<OpenedFile> {
  const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
  return isSafetensors(start) ? openSafetensorsAs(source, 'pytorch') : pytorchFormat.open(source);
}
