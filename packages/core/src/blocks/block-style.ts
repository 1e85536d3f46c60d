import type { Initializer } from '../initializers';

/** What all blocks of one net share: the details that published weights of one architecture differ in. */
export interface BlockStyle {
  /** True if convolutions have a bias, though a norm follows that makes it idle: Keras' published weights do. */
  readonly convolutionBias: boolean;
  /** Added to the variance by every norm: 1.001e-5 in keras.applications, 1e-5 in torchvision, 1e-3 by Keras' layer default. */
  readonly epsilon: number;
  /** Share of the old average that a training step keeps (Keras' convention): 0.99 in Keras, 0.9 in torchvision. */
  readonly momentum: number;
  /**
   * Which convolution of a bottleneck strides: the first (1x1) in the paper and in Keras ("v1"), the second (3x3) in
   * torchvision ("v1.5").
   */
  readonly strideIn: 'first' | 'second';
  /**
   * How a strided kernel larger than 1x1 is padded: 'explicit' pads both sides alike, as the papers, Keras' ZeroPadding2D and
   * PyTorch do; 'same' is TensorFlow's, which pads an even picture at the far side only: same shapes, shifted values.
   */
  readonly padding: 'explicit' | 'same';
  /**
   * Which way around a block the sum at its end lists first. The values are the same; the order in which Keras lists the layers is not,
   * and files are loaded by it. 'shortcut' in keras.applications. Default 'shortcut'.
   */
  readonly sumFirst?: 'shortcut' | 'branch';
  /** What draws the kernel of the layer with this name; a function of the name, so that seeds can be derived from it. */
  readonly kernelInitializer: (layerName: string) => Initializer;
  /** True if the last norm of every block starts with gamma 0, so that blocks start as identities (Goyal et al. 2017). Default false. */
  readonly zeroInitResidual?: boolean;
  /** Reduction of a squeeze-and-excitation gate at each block's end (Hu et al. 2018); 16 in the paper. Default: no gate. */
  readonly squeezeReduction?: number | undefined;
}
