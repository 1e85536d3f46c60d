import { ANTIALIASINGS, NORMALIZATIONS } from '@zoo/core';

import { STRUCTURAL_OPTION_NAMES } from './builder/options';
import { cifarArchitectures } from './cifar-architectures';
import { createResnet, namedArchitectures } from './create-resnet';
import type { Family } from './identify/family';
import { cifarArchitecture, preActivationCifarArchitecture } from './networks';
import { timmArchitectures } from './timm-architectures';

/** Pieces by the option that takes them; a model's metadata hold their names. */
const PIECES: Readonly<Record<string, readonly { readonly name: string }[]>> = {
  normalization: NORMALIZATIONS,
  antialias: ANTIALIASINGS,
};

/** The networks of this package. */
export const RESNET_FAMILY: Family = {
  build: createResnet,
  named: namedArchitectures,
  rows: () => ({ ...timmArchitectures(), ...cifarArchitectures() }),
  cifar: cifarArchitecture,
  preActivationCifar: preActivationCifarArchitecture,
  recordedPieces: (recorded) =>
    Object.fromEntries(
      STRUCTURAL_OPTION_NAMES.flatMap((option) => {
        const value = recorded[option];
        const pieces = PIECES[option];
        const settled = pieces === undefined ? value : pieces.find(({ name }) => name === value);
        return settled === undefined ? [] : [[option, settled]];
      }),
    ),
};
