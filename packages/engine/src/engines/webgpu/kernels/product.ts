import type * as tf from '@tensorflow/tfjs-core';

import type { ProductActivation } from '../../../kernels/fused-activation';

import type { TileShape } from './tile-shape';
import type { ProductKind, ProductSize, TileTable } from './tile-table';
import type { Operand } from './tiled-product';

/** What is added to a product's sums, and the activation. */
export interface Epilogue {
  readonly bias?: tf.TensorInfo | undefined;
  /** Of the result's shape. */
  readonly addend?: tf.TensorInfo | undefined;
  readonly activation?: ProductActivation | undefined;
}

/** A product to run. */
export interface Product<Name extends string = string> {
  readonly kind: ProductKind;
  readonly size: ProductSize;
  /** Tells apart sources of one kind. */
  readonly variant: string;
  readonly left: { readonly tensor: tf.TensorInfo; readonly vectors: boolean };
  readonly right: { readonly tensor: tf.TensorInfo; readonly vectors: boolean };
  readonly result: tf.TensorInfo;
  readonly epilogue?: Epilogue;
  /** The operands of the source. */
  readonly operands: (tile: TileShape) => { left: Operand; right: Operand };
  /** The uniform block's fields that they want, as constants. */
  readonly fields: Readonly<Record<Name, 'u32' | 'i32' | 'f32'>>;
  readonly values: Readonly<Record<Name, number>>;
  /** Statements that declare what the operands want beside the fields; the fields, or `firstDepth` and `depthEnd`, that they declare. */
  readonly start?: { readonly statements: string; readonly declares: readonly string[] };
  /** Expression in `row`: the line of the result that a batch's row is. Default: batches lie one behind the other. */
  readonly line?: string;
  /** The operand that is a gradient. */
  readonly gradient?: 'left' | 'right';
  /** False where a depth must not be split: its batches have depths of their own. */
  readonly canSplit?: boolean;
}

/** How matrix products and convolutions are computed. */
export interface ProductSettings {
  /** Which tiles they are cut into. */
  tiles: TileTable;
  /** 'float16' rounds operands where they enter shared memory, which needs `WebgpuContext.hasFloat16`; sums are float32. */
  precision: 'float32' | 'float16';
  /** Is told of every product before it runs. */
  onProduct?: (product: Product) => void;
}
