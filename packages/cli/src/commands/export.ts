import { dirname, extname } from 'node:path';

import type * as tf from '@tensorflow/tfjs';
import { ArgumentError } from '@zoo/core';
import { saveKeras, saveKerasH5, saveKerasWeights, saveOnnx, saveSafetensors } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { openModel } from '../models/open-model';
import { expectWritableFolder } from '../output/writable-folder';
import { withoutEngine } from '../start-engine';

/** Options of `zoo export`. */
export interface ExportOptions {
  model: string;
  file: string;
}

type Writer = (model: tf.LayersModel, path: string) => Promise<void>;

/** What writes each kind of file, the longest extension first. */
const WRITERS: readonly (readonly [extension: string, write: Writer])[] = [
  ['.weights.h5', (model, path) => saveKerasWeights(model, path)],
  ['.h5', (model, path) => saveKerasH5(model, path)],
  ['.keras', (model, path) => saveKeras(model, path)],
  ['.safetensors', (model, path) => saveSafetensors(model, path)],
  ['.onnx', (model, path) => saveOnnx(model, path)],
];

/** Writes a saved model in the format that the file's extension names. */
export async function exportModel({ model: path, file }: ExportOptions, io: CommandIo): Promise<void> {
  const write = writerFor(file);
  await withoutEngine(async () => {
    const model = await openModel(path, io);
    try {
      await expectWritableFolder('<file>', dirname(file));
      await write(model, file);
      printLine(io, file);
    } finally {
      model.dispose();
    }
  });
}

function writerFor(file: string): Writer {
  const entry = WRITERS.find(([extension]) => file.toLowerCase().endsWith(extension));
  if (entry !== undefined) return entry[1];
  const extensions = WRITERS.map(([extension]) => extension).join(', ');
  throw new ArgumentError(
    '<file>',
    `a name that ends in ${extensions}`,
    extname(file) === '' ? file : extname(file),
  );
}
