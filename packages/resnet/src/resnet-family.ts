import { cifarArchitectures } from './cifar-architectures';
import { createResnet, namedArchitectures } from './create-resnet';
import type { Family } from './identify/family';
import { recordedPieces } from './identify/recorded-pieces';
import { cifarArchitecture, preActivationCifarArchitecture } from './networks';
import { timmArchitectures } from './timm-architectures';

/** The networks of this package. */
export const RESNET_FAMILY: Family = {
  build: createResnet,
  named: namedArchitectures,
  rows: () => ({ ...timmArchitectures(), ...cifarArchitectures() }),
  cifar: cifarArchitecture,
  preActivationCifar: preActivationCifarArchitecture,
  recordedPieces,
};
