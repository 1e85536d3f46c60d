import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { groupedConv2d, memoize } from '@zoo/core';

import {
  inChannelsLast,
  onlyInput,
  onlyShape,
  spatialAxesOf,
  stockClass,
  type HasDataFormat,
  type LayerClass,
  type LayerConfig,
} from './stock-class';

/** What every convolution keeps. */
interface Convolution extends HasDataFormat {
  readonly filters: number;
  readonly kernelSize: number[];
  readonly strides: number[];
  readonly dilationRate: number[];
  readonly padding: 'valid' | 'same' | 'causal';
  readonly useBias: boolean;
  readonly activation: { apply(x: tf.Tensor): tf.Tensor };
  kernel: tfl.LayerVariable;
  bias: tfl.LayerVariable | null;
  readonly kernelInitializer: Parameters<tfl.layers.Layer['addWeight']>[3];
  readonly kernelRegularizer: Parameters<tfl.layers.Layer['addWeight']>[4];
  readonly kernelConstraint: Parameters<tfl.layers.Layer['addWeight']>[6];
  readonly biasInitializer: Parameters<tfl.layers.Layer['addWeight']>[3];
  readonly biasRegularizer: Parameters<tfl.layers.Layer['addWeight']>[4];
  readonly biasConstraint: Parameters<tfl.layers.Layer['addWeight']>[6];
}

/** The sum with the bias, in channels last; then the activation in the layer's own order, as in Keras. */
function finish(
  layer: Pick<Convolution, 'bias' | 'activation' | 'dataFormat'>,
  input: tf.Tensor,
  convolve: (x: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const { bias, activation } = layer;
  const sum = inChannelsLast(layer, input, (x) => {
    const products = convolve(x);
    return bias == null ? products : tf.add(products, bias.read());
  });
  return activation.apply(sum);
}

type Padding = 'valid' | 'same';

/** A convolution over one to three dimensions, channels last. */
function plainConvolution(
  x: tf.Tensor,
  kernel: tf.Tensor,
  { strides, dilationRate }: Pick<Convolution, 'strides' | 'dilationRate'>,
  padding: Padding,
): tf.Tensor {
  type Three = [number, number, number];
  type Two = [number, number];
  return dilated(x, kernel, dilationRate, (values, weights, rates) => {
    if (x.rank === 3) {
      const [line, taps] = [values as tf.Tensor3D, weights as tf.Tensor3D];
      return tf.conv1d(line, taps, strides[0]!, padding, 'NWC', rates[0]);
    }
    if (x.rank === 4) {
      const [picture, taps] = [values as tf.Tensor4D, weights as tf.Tensor4D];
      return tf.conv2d(picture, taps, strides as Two, padding, 'NHWC', rates as Two);
    }
    const [volume, taps] = [values as tf.Tensor5D, weights as tf.Tensor5D];
    return tf.conv3d(volume, taps, strides as Three, padding, 'NDHWC', rates as Three);
  });
}

/** A depthwise convolution of pictures, channels last. */
function depthwiseConvolution(
  x: tf.Tensor,
  kernel: tf.Tensor,
  { strides, dilationRate }: Pick<Convolution, 'strides' | 'dilationRate'>,
  padding: Padding,
): tf.Tensor {
  return dilated(x, kernel, dilationRate, (values, weights, rates) =>
    tf.depthwiseConv2d(
      values as tf.Tensor4D,
      weights as tf.Tensor4D,
      strides as [number, number],
      padding,
      'NHWC',
      rates as [number, number],
    ),
  );
}

/**
 * A convolution with a dilation rate. TensorFlow.js has no gradient of it: where one is recorded, zeros between the kernel's taps say the
 * same.
 */
function dilated(
  x: tf.Tensor,
  kernel: tf.Tensor,
  rates: readonly number[],
  convolve: (x: tf.Tensor, kernel: tf.Tensor, rates: readonly number[]) => tf.Tensor,
): tf.Tensor {
  if (!isAboveOne(rates) || tf.engine().state.gradientDepth === 0) return convolve(x, kernel, rates);
  const spread = rates.reduce((taps, rate, axis) => spreadOut(taps, axis, rate), kernel);
  const ones = rates.map(() => 1);
  return convolve(x, spread, ones);
}

function isAboveOne(sizes: readonly number[]): boolean {
  return sizes.some((size) => size > 1);
}

/** `stride` - 1 zeros between the values along `axis`. */
function spreadOut(x: tf.Tensor, axis: number, stride: number): tf.Tensor {
  if (stride === 1) return x;
  const size = x.shape[axis]!;
  const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  const margins: [number, number][] = [
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ];
  const shape = [...x.shape];
  shape[axis] = size * stride;
  const spread = tf.reshape(tf.pad(tf.reshape(x, [-1, 1, inner]), margins), shape);
  shape[axis] = (size - 1) * stride + 1;
  return tf.slice(
    spread,
    shape.map(() => 0),
    shape,
  );
}

/** A convolution in groups, causal or with channels first, which the stock class of its dimensions can't do or does wrong. */
function convolution(stockName: string) {
  return memoize(
    (): LayerClass =>
      class KerasConvolution extends stockClass<Convolution>(stockName) {
        static className = `Zoo${stockName}`;
        private readonly groups: number;

        constructor(args: LayerConfig) {
          super(args);
          this.groups = (args['groups'] as number | undefined) ?? 1;
        }

        override build(inputShape: tfl.Shape | tfl.Shape[]): void {
          const shape = onlyShape(inputShape);
          const channelAxis = this.dataFormat === 'channelsFirst' ? 1 : shape.length - 1;
          const channels = shape[channelAxis]!;
          const kernelShape = [...this.kernelSize, channels / this.groups, this.filters];
          this.kernel = this.addWeight(
            'kernel',
            kernelShape,
            'float32',
            this.kernelInitializer,
            this.kernelRegularizer,
            true,
            this.kernelConstraint,
          );
          if (this.useBias) {
            this.bias = this.addWeight(
              'bias',
              [this.filters],
              'float32',
              this.biasInitializer,
              this.biasRegularizer,
              true,
              this.biasConstraint,
            );
          }
          this.inputSpec = [new tfl.InputSpec({ ndim: shape.length, axes: { [channelAxis]: channels } })];
          this.built = true;
        }

        override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
          if (this.padding !== 'causal') return super.computeOutputShape(inputShape) as tfl.Shape;
          const shape = onlyShape(inputShape);
          const [lengthAxis] = spatialAxesOf(this, 3) as [number];
          const length = shape[lengthAxis];
          shape[3 - lengthAxis] = this.filters;
          shape[lengthAxis] = length == null ? null : Math.ceil(length / this.strides[0]!);
          return shape;
        }

        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          return tf.tidy(() => finish(this, onlyInput(inputs), (x) => this.convolve(x)));
        }

        private convolve(x: tf.Tensor): tf.Tensor {
          const kernel = this.kernel.read();
          const padding = this.padding === 'same' ? 'same' : 'valid';
          let padded = x;
          if (this.padding === 'causal') {
            const before = (this.kernelSize[0]! - 1) * this.dilationRate[0]!;
            const margins: [number, number][] = [
              [0, 0],
              [before, 0],
              [0, 0],
            ];
            padded = tf.pad(x, margins);
          }
          if (this.groups === 1) return plainConvolution(padded, kernel, this, padding);
          if (x.rank === 4 && kernel.shape[2] === 1) {
            const taps = tf.reshape(kernel, [...this.kernelSize, this.groups, -1]);
            return depthwiseConvolution(padded, taps, this, padding);
          }
          if (x.rank === 4 && !isAboveOne(this.dilationRate)) {
            const strides = this.strides as [number, number];
            const options = { groups: this.groups, strides, padding } as const;
            return groupedConv2d(padded as tf.Tensor4D, kernel as tf.Tensor4D, options);
          }
          const parts = tf.split(padded, this.groups, -1);
          const kernels = tf.split(kernel, this.groups, -1);
          return tf.concat(
            parts.map((part, i) => plainConvolution(part, kernels[i]!, this, padding)),
            -1,
          );
        }

        override getConfig(): tf.serialization.ConfigDict {
          return { ...super.getConfig(), groups: this.groups, dataFormat: this.dataFormat };
        }
      },
  );
}

/** `DepthwiseConv2D` with a dilation rate, which the stock layer ignores. */
const depthwise = memoize(
  (): LayerClass =>
    class ZooDepthwiseConv2D extends stockClass<
      Convolution & { depthMultiplier: number; depthwiseKernel: tfl.LayerVariable }
    >('DepthwiseConv2D') {
      static className = 'ZooDepthwiseConv2D';

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        const shape = onlyShape(inputShape);
        spatialAxesOf(this, 4).forEach((axis, i) => {
          const size = shape[axis];
          if (size == null) return;
          const reach = this.padding === 'same' ? 0 : (this.kernelSize[i]! - 1) * this.dilationRate[i]!;
          shape[axis] = Math.ceil((size - reach) / this.strides[i]!);
        });
        const channelAxis = this.dataFormat === 'channelsFirst' ? 1 : 3;
        shape[channelAxis] = shape[channelAxis]! * this.depthMultiplier;
        return shape;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() =>
          finish(this, onlyInput(inputs), (x) =>
            depthwiseConvolution(x, this.depthwiseKernel.read(), this, this.padding as Padding),
          ),
        );
      }
    },
);

/** `SeparableConv2D` with its channels first, whose bias the stock layer adds along another axis. */
const separable = memoize(
  (): LayerClass =>
    class ZooSeparableConv2D extends stockClass<
      Convolution & { depthwiseKernel: tfl.LayerVariable; pointwiseKernel: tfl.LayerVariable }
    >('SeparableConv2D') {
      static className = 'ZooSeparableConv2D';

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() =>
          finish(this, onlyInput(inputs), (x) => {
            const products = depthwiseConvolution(
              x,
              this.depthwiseKernel.read(),
              this,
              this.padding as Padding,
            );
            return tf.conv2d(products as tf.Tensor4D, this.pointwiseKernel.read() as tf.Tensor4D, 1, 'valid');
          }),
        );
      }
    },
);

/** Length of a transposed convolution's output (keras/src/backend/common/backend_utils.py). */
function transposedLength(layer: Convolution & OutputPadding, size: number, axis: number): number {
  const stride = layer.strides[axis]!;
  const reach = (layer.kernelSize[axis]! - 1) * layer.dilationRate[axis]! + 1;
  const extra = layer.outputPadding?.[axis];
  if (layer.padding === 'same') {
    return extra === undefined ? size * stride : (size - 1) * stride + (reach % 2) + extra;
  }
  return (size - 1) * stride + reach + (extra ?? Math.max(reach, stride) - reach);
}

interface OutputPadding {
  readonly outputPadding: number[] | null;
}

/** A transposed convolution with an output padding or a dilation rate, which the stock classes ignore. */
function transposed(stockName: string, dimensions: 2 | 3) {
  return memoize(
    (): LayerClass =>
      class TransposedConvolution extends stockClass<Convolution>(stockName) implements OutputPadding {
        static className = `Zoo${stockName}`;
        readonly outputPadding: number[] | null;

        constructor(args: LayerConfig) {
          super(args);
          const padding = args['outputPadding'] as number | number[] | null | undefined;
          this.outputPadding =
            typeof padding === 'number' ? new Array<number>(dimensions).fill(padding) : (padding ?? null);
        }

        override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
          const shape = onlyShape(inputShape);
          spatialAxesOf(this, shape.length).forEach((axis, i) => {
            const size = shape[axis];
            if (size != null) shape[axis] = transposedLength(this, size, i);
          });
          shape[this.dataFormat === 'channelsFirst' ? 1 : shape.length - 1] = this.filters;
          return shape;
        }

        override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
          return tf.tidy(() => finish(this, onlyInput(inputs), (x) => this.convolve(x)));
        }

        private convolve(x: tf.Tensor): tf.Tensor {
          const sizes = x.shape.slice(1, -1).map((size, i) => transposedLength(this, size, i));
          // Three dimensions: the stock kernel of the wasm engine computes other values.
          if (dimensions === 3 || isAboveOne(this.dilationRate)) return this.convolveTurned(x, sizes);
          return tf.conv2dTranspose(
            x as tf.Tensor4D,
            this.kernel.read() as tf.Tensor4D,
            [x.shape[0], ...sizes, this.filters] as [number, number, number, number],
            this.strides as [number, number],
            this.padding as Padding,
          );
        }

        /** A transposed convolution as a convolution: zeros between the values, and the kernel turned round. */
        private convolveTurned(x: tf.Tensor, sizes: readonly number[]): tf.Tensor {
          const spatial = sizes.map((_, i) => i);
          const order = [...spatial, dimensions + 1, dimensions];
          const kernel = tf.transpose(tf.reverse(this.kernel.read(), spatial), order);
          const spread = spatial.reduce((values, i) => spreadOut(values, i + 1, this.strides[i]!), x);
          const margins = sizes.map((size, i): [number, number] => {
            const length = spread.shape[i + 1]!;
            const reach = (this.kernelSize[i]! - 1) * this.dilationRate[i]!;
            const before = reach - Math.floor(Math.max(0, length + reach - size) / 2);
            return [before, size + reach - length - before];
          });
          const padded = tf.pad(spread, [[0, 0], ...margins, [0, 0]]);
          const strides = sizes.map(() => 1);
          return plainConvolution(padded, kernel, { strides, dilationRate: this.dilationRate }, 'valid');
        }

        override getClassName(): string {
          // Where only an engine's kernel is wrong, what is saved is the stock layer.
          const isStock = this.outputPadding === null && !isAboveOne(this.dilationRate);
          return isStock ? stockName : super.getClassName();
        }

        override getConfig(): tf.serialization.ConfigDict {
          const { dilationRate, outputPadding } = this;
          return { ...super.getConfig(), dilationRate, outputPadding };
        }
      },
  );
}

/** The convolutions of ours, by the class of Keras that each computes. */
export const CONVOLUTION_LAYERS = {
  Conv1D: convolution('Conv1D'),
  Conv2D: convolution('Conv2D'),
  Conv3D: convolution('Conv3D'),
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  Conv2DTranspose: transposed('Conv2DTranspose', 2),
  Conv3DTranspose: transposed('Conv3DTranspose', 3),
};
