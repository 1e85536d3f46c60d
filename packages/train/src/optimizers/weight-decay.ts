/** A weight as {@link WeightDecayFilter} sees it. */
export interface WeightDescription {
  readonly name: string;
  readonly shape: readonly number[];
}

/** True for a weight that weight decay acts on. */
export type WeightDecayFilter = (weight: WeightDescription) => boolean;

/**
 * The default: kernels decay; biases and the scales and offsets of norms, which have one axis, do not.
 *
 * He et al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", section 3.1, "No bias decay".
 */
export const decaysKernelsOnly: WeightDecayFilter = ({ shape }) => shape.length > 1;
