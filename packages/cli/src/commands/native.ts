import { ZooError } from '@zoo/core';

import type { CommandIo } from '../command-io';

/** Options of `zoo native`. */
export interface NativeOptions {
  undo?: boolean;
}

/** Builds tfjs-node's binding against a current TensorFlow, or removes what was built. */
export function buildNative(_options: NativeOptions, _io: CommandIo): Promise<void> {
  throw new ZooError('unsupported', 'to come');
}
