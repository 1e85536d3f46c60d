import { expectKnownOptions } from '@zoo/core';

import { openKerasFile } from './keras/open-keras-file';
import { readSafetensorsTable } from './safetensors/read-safetensors';
import { readWithin } from './source/byte-source';
import { withSource, type WeightFile } from './source/open-source';
import { isSafetensors, isTorchContent, openTorchFile } from './torch/open-torch-file';

/** A tensor of a weight file, without its values. */
export interface InspectedTensor {
  /** PyTorch's name without the prefixes of its wrappers, or `<layer>/<weight>`. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** What a weight file holds, without the values of its weights. */
export interface WeightsInspection {
  /** What to call the file in an error message. */
  readonly fileName: string;
  readonly format: 'legacy-h5' | 'weights-h5' | 'keras-archive' | 'pytorch' | 'safetensors';
  /** How kernels lie: 'tensorflow' [height, width, in, out] and [in, out], or 'pytorch' [out, in, height, width] and [out, in]. */
  readonly kernelOrder: 'tensorflow' | 'pytorch';
  /** All tensors, in the file's order. */
  readonly tensors: readonly InspectedTensor[];
  /** Names of the layers, in the file's order; a legacy `.h5` lists those without weights too. */
  readonly layerNames: readonly string[];
  /** The model's architecture as Keras wrote it, parsed JSON; undefined if the file holds weights alone. */
  readonly architecture: unknown;
  /** Names of the classes in label order, where a PyTorch training script kept them: `class_to_idx` or `classes`. */
  readonly classNames: readonly string[] | undefined;
  /** The texts that a file keeps beside its tensors; under `zoo` class names and preprocessing, if the zoo wrote them. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@link inspectWeights}. */
export interface InspectWeightsOptions {
  signal?: AbortSignal;
}

/**
 * Reads the directory of a weight file, whatever its kind and name: which tensors of which shapes, and what is said beside them.
 *
 * @throws ZooError 'invalid-file' if the file is none that is known or is damaged, 'unsupported' for Python objects other than
 *   tensors, 'download'.
 */
export async function inspectWeights(
  file: WeightFile,
  options: InspectWeightsOptions = {},
): Promise<WeightsInspection> {
  expectKnownOptions('options', options, ['signal']);
  return withSource(file, options, async (source) => {
    const common = { fileName: source.name, architecture: undefined, classNames: undefined, metadata: {} };
    const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
    if (isSafetensors(start)) {
      const { entries, metadata } = await readSafetensorsTable(source);
      const tensors = Array.from(entries, ([name, { shape }]) => ({ name, shape }));
      const kernelOrder = metadata['format'] === 'tf' ? 'tensorflow' : 'pytorch';
      const separator = kernelOrder === 'tensorflow' ? '/' : '.';
      const layerNames = parents(tensors, separator);
      return { ...common, format: 'safetensors', kernelOrder, tensors, layerNames, metadata };
    }
    if (await isTorchContent(source, start)) {
      const { tensors: stored, classNames } = await openTorchFile(source);
      const tensors = stored.map(({ name, shape }) => ({ name, shape }));
      return {
        ...common,
        format: 'pytorch',
        kernelOrder: 'pytorch',
        tensors,
        classNames,
        layerNames: parents(tensors, '.'),
      };
    }
    const { format, layers, modelConfig, metadata } = await openKerasFile(source);
    return {
      ...common,
      format,
      kernelOrder: 'tensorflow',
      tensors: layers.flatMap((layer) =>
        layer.tensors.map(({ name, shape }) => ({ name: `${layer.name}/${lastPart(name)}`, shape })),
      ),
      layerNames: layers.map(({ name }) => name),
      architecture: modelConfig,
      metadata,
    };
  });
}

/** What stands before the last separator in each name, each once. */
function parents(tensors: readonly InspectedTensor[], separator: string): string[] {
  return [...new Set(tensors.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf(separator)))))];
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1).replace(/:\d+$/, '');
}
