import type * as tfl from '@tensorflow/tfjs-layers';
import { cifarResnet, type ShortcutOption } from '@zoo/resnet';

import type { Recipe } from './recipe';

/** The parts of the figure, from left to right. */
export const PANELS = ['Plain networks', 'Residual networks', 'Shortcuts of ResNet-20'] as const;

/** A network that is trained beside others. */
export interface ComparedNetwork {
  /** Names its run's folder and its lines in the figure. */
  readonly name: string;
  /** The parts of the figure that it stands in. */
  readonly panels: readonly (typeof PANELS)[number][];
  /** Layers with weights: 6n + 2. */
  readonly depth: number;
  /** What leads around a block: nothing, which makes the network plain, or option A, B or C of the paper. */
  readonly shortcut: ShortcutOption;
}

/** Every network of the experiment, the quick ones first. */
export const NETWORKS: readonly ComparedNetwork[] = [
  { name: 'plain-20', panels: ['Plain networks'], depth: 20, shortcut: 'none' },
  { name: 'ResNet-20', panels: ['Residual networks', 'Shortcuts of ResNet-20'], depth: 20, shortcut: 'A' },
  { name: 'ResNet-20-B', panels: ['Shortcuts of ResNet-20'], depth: 20, shortcut: 'B' },
  { name: 'ResNet-20-C', panels: ['Shortcuts of ResNet-20'], depth: 20, shortcut: 'C' },
  { name: 'plain-56', panels: ['Plain networks'], depth: 56, shortcut: 'none' },
  { name: 'ResNet-56', panels: ['Residual networks'], depth: 56, shortcut: 'A' },
];

/** The network, with weights drawn from `seed`. */
export function buildNetwork(
  { depth, shortcut }: ComparedNetwork,
  { zeroInitResidual = false }: Recipe,
  seed: number,
): tfl.LayersModel {
  // A plain network has no shortcut around its blocks.
  return cifarResnet(depth, {
    shortcut,
    weights: null,
    seed,
    zeroInitResidual: zeroInitResidual && shortcut !== 'none',
  });
}
