import { ANTIALIASINGS, NORMALIZATIONS } from '@zoo/core';

import { STRUCTURAL_OPTION_NAMES } from '../builder/options';

import type { ComputingOptions } from './settle-options';

/** Pieces by the option that takes them; a model's metadata hold their names. */
const PIECES: Readonly<Record<string, readonly { readonly name: string }[]>> = {
  normalization: NORMALIZATIONS,
  antialias: ANTIALIASINGS,
};

/** Options that this package recorded, as the builders take them; names that it does not know are left out. */
export function recordedPieces(recorded: Readonly<Record<string, unknown>>): ComputingOptions {
  return Object.fromEntries(
    STRUCTURAL_OPTION_NAMES.flatMap((option) => {
      const value = recorded[option];
      const pieces = PIECES[option];
      const settled = pieces === undefined ? value : pieces.find(({ name }) => name === value);
      return settled === undefined ? [] : [[option, settled]];
    }),
  );
}
