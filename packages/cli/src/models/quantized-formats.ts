import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { encodeSafetensors, exportOnnx, loadSafetensors, type OnnxOptions } from '@zoo/weights';
import { loadLayersModel, saveLayersModel, saveOnnx, saveSafetensors } from '@zoo/weights/node';

import { expectWritableFile, expectWritableFolder } from '../output/writable-folder';

import type { AnswerBatch } from './compare-answers';
import { openOnnxFile } from './onnx-runtime';

/** How a model is written smaller. */
export type QuantizeSaveOptions = Omit<OnnxOptions, 'dtype'> & { readonly dtype: 'float16' | 'int8' };

/** What was written, opened again. */
interface WrittenModel {
  readonly answer: AnswerBatch;
  close(): void | Promise<void>;
}

/** A format that models are written in with smaller weights. */
export interface QuantizedFormat {
  /** How its name has to end; undefined for a folder. */
  readonly ending?: string;
  /** Throws unless the output can be written. */
  expectWritable(output: string): Promise<void>;
  /** Bytes of the same format in float32. */
  bytesBefore(model: tfl.LayersModel, output: string): Promise<number>;
  save(model: tfl.LayersModel, output: string, options: QuantizeSaveOptions): Promise<void>;
  bytesAfter(output: string): Promise<number>;
  /** What was written, as its readers read it, `model` being what it was written from; undefined where nothing is there that runs it. */
  open(model: tfl.LayersModel, output: string): Promise<WrittenModel | undefined>;
}

const sizeOf = async (path: string) => (await stat(path)).size;
const expectFile = (output: string) => expectWritableFile('<output>', output);

/** What `--format` takes. */
export type QuantizedFormatName = 'onnx' | 'safetensors' | 'tfjs';

/** All formats, by name. */
export const QUANTIZED_FORMATS: Readonly<Record<QuantizedFormatName, QuantizedFormat>> = {
  onnx: {
    ending: '.onnx',
    expectWritable: expectFile,
    bytesBefore: async (model) => (await exportOnnx(model)).byteLength,
    save: (model, output, options) => saveOnnx(model, output, options),
    bytesAfter: sizeOf,
    async open(_, output) {
      const file = await openOnnxFile(output);
      if (file === undefined) return undefined;
      return {
        answer: async (images) => file.run(await images.data<'float32'>(), images.shape),
        close: () => file.close(),
      };
    },
  },
  safetensors: {
    ending: '.safetensors',
    expectWritable: expectFile,
    bytesBefore: async (model) => (await encodeSafetensors(model)).byteLength,
    save: (model, output, { dtype }) => saveSafetensors(model, output, { dtype }),
    bytesAfter: sizeOf,
    async open(model, output) {
      // Weights alone, for the model that is given.
      await loadSafetensors(model, output);
      return { answer: answerOf(model), close: () => undefined };
    },
  },
  tfjs: {
    expectWritable: (output) => expectWritableFolder('<output>', output),
    bytesBefore: async (model, output) =>
      4 * model.countParams() + (await sizeOf(join(output, 'model.json'))),
    save: (model, output, { dtype }) =>
      saveLayersModel(model, output, { dtype: dtype === 'int8' ? 'uint8' : 'float16' }),
    async bytesAfter(output) {
      const sizes = await Promise.all((await readdir(output)).map((name) => sizeOf(join(output, name))));
      return sizes.reduce((total, size) => total + size, 0);
    },
    async open(_, output) {
      const written = await loadLayersModel(output);
      return { answer: answerOf(written), close: () => void written.dispose() };
    },
  },
};

/** A model of TensorFlow.js, to be asked. */
export function answerOf(model: tfl.LayersModel): AnswerBatch {
  return async (images) => {
    const outputs = tf.tidy(() => model.predict(images) as tf.Tensor);
    try {
      return await outputs.data<'float32'>();
    } finally {
      outputs.dispose();
    }
  };
}
