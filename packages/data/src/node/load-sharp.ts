import { ZooError } from '@zoo/core';
import type sharpModule from 'sharp';

let loaded: Promise<typeof sharpModule> | undefined;

/** sharp, loaded once; its own loader takes the WebAssembly build where the native one is absent. */
export function loadSharp(): Promise<typeof sharpModule> {
  loaded ??= import('sharp').then(
    (module) => module.default,
    (error: unknown) => {
      throw new ZooError(
        'unsupported',
        'Expected the picture decoder sharp to load but neither its native nor its WebAssembly build does. Run `npm install sharp @img/sharp-wasm32`.',
        { cause: error },
      );
    },
  );
  return loaded;
}
