import { ArgumentError } from '@zoo/core';
import { exportOnnx, saveKeras, saveKerasH5, saveKerasWeights, saveSafetensors } from '@zoo/weights/node';

import { printLine, type CommandIo } from '../command-io';
import { openModel } from '../models/open-model';

/** Options of `zoo export`. */
export interface ExportOptions {
  model: string;
  file: string;
}
