import type * as tfl from '@tensorflow/tfjs-layers';
import { ArgumentError, readOptions } from '@zoo/core/options';

import { encodeKerasArchive } from './keras/encode-keras-archive';
import { encodeKerasH5 } from './keras/encode-keras-h5';
import { encodeWeightsH5 } from './keras/encode-weights-h5';
import { exportOnnx } from './onnx/export-onnx';
import {
  encodeSafetensors,
  SAFETENSORS_OPTIONS,
  type SafetensorsOptions,
} from './safetensors/write-safetensors';

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
type Encode = (model: tfl.LayersModel, options: SafetensorsOptions) => Pieces | Promise<Pieces>;

/** Endings of what has room for weights in fewer bytes. */
const SMALL = ['.safetensors', '.onnx'];

/** What encodes a file of each ending, the longest ending first; a new kind of file is a function and a row. */
const ENCODERS: readonly (readonly [ending: string, encode: Encode])[] = [
  ['.weights.h5', (model) => encodeWeightsH5(model).pieces()],
  ['.h5', (model) => encodeKerasH5(model).pieces()],
  ['.keras', (model) => encodeKerasArchive(model)],
  ['.safetensors', async (model, options) => [await encodeSafetensors(model, options)]],
  ['.onnx', async (model, options) => [await exportOnnx(model, options)]],
];

/**
 * Encodes `model` in memory as the file that the name's ending asks for, for example for a download in a page: `.h5` (Keras, whole model),
 * `.weights.h5`, `.keras`, `.safetensors` or `.onnx`. The bytes are those that `saveModelFile` of `@zoo/weights/node` writes.
 *
 * @example
 * const link = URL.createObjectURL(await encodeModelFile(model, 'pets.h5'));
 *
 * @param name Decides the kind by its ending; nothing is written.
 * @param options `dtype: 'float16'` and `'int8'` are for safetensors and ONNX.
 * @throws ArgumentError for another ending, or a `dtype` that the format has no room for; ZooError 'unsupported' for a layer that the
 *   format lacks.
 */
export async function encodeModelFile(
  model: tfl.LayersModel,
  name: string,
  options: SafetensorsOptions = {},
): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of await modelFilePieces(model, name, 'name', options)) {
    // An encoder may use a piece's memory again.
    parts.push(new Uint8Array(piece));
  }
  return new Blob(parts);
}

/** {@link encodeModelFile} piece by piece; `argument` is what the name is called in errors. */
export async function modelFilePieces(
  model: tfl.LayersModel,
  name: string,
  argument: string,
  options: SafetensorsOptions = {},
): Promise<Pieces> {
  const [ending, encode] = encoderFor(name, argument);
  const { dtype } = readOptions(SAFETENSORS_OPTIONS, options);
  if (dtype === 'float32' || SMALL.includes(ending)) return encode(model, options);
  throw new ArgumentError(
    'options.dtype',
    `'float32' for ${name}`,
    dtype,
    `Only ${SMALL.join(' and ')} hold others.`,
  );
}

/**
 * Refuses a name whose ending names no kind of file that a model is saved as.
 *
 * @param argument What the name is called in the error.
 * @throws ArgumentError that lists the endings.
 */
export function expectModelFileName(name: string, argument: string): void {
  encoderFor(name, argument);
}

function encoderFor(name: string, argument: string): (typeof ENCODERS)[number] {
  const found = ENCODERS.find(([ending]) => name.toLowerCase().endsWith(ending));
  if (found !== undefined) return found;
  const endings = ENCODERS.map(([ending]) => ending).join(', ');
  const [own] = /\.[^./\\]+$/.exec(name) ?? [name];
  throw new ArgumentError(argument, `a name that ends in ${endings}`, own);
}
