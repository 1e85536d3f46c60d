import { readWithin, strangeFile, type ByteSource } from '../source/byte-source';

import { kerasFormat } from './keras-format';
import { pytorchFormat } from './pytorch-format';
import { safetensorsFormat } from './safetensors-format';
import type { WeightFormat } from './weight-format';

/** All kinds of weight files that are read; a new one is a file like these and a row here. */
const WEIGHT_FORMATS: readonly WeightFormat[] = [safetensorsFormat, pytorchFormat, kerasFormat];

/**
 * The kind of the file in `source`, by its content.
 *
 * @throws ZooError 'invalid-file' that says what the file seems to be instead.
 */
export async function weightFormatOf(source: ByteSource): Promise<WeightFormat> {
  const start = await readWithin(source, 0, Math.min(512, source.sizeBytes));
  for (const format of WEIGHT_FORMATS) if (await format.isOf(source, start)) return format;
  throw strangeFile(source.name, start);
}
