import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { memoize } from '@zoo/core';

import { middle, ratioCrop, ratioMargins, type Size } from './fit-to-ratio';
import { resample, type Interpolation } from './resample';
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

interface TargetSize extends HasDataFormat {
  readonly height: number;
  readonly width: number;
}

/** `UpSampling2D` with Keras' pixel centres; the stock layer aligns the corners' outer edges. */
export const zooUpSampling2D = memoize(
  (): LayerClass =>
    class ZooUpSampling2D extends stockClass<
      HasDataFormat & { size: [number, number]; interpolation: Interpolation }
    >('UpSampling2D') {
      static className = 'ZooUpSampling2D';

      constructor(args: LayerConfig) {
        // The stock class knows two of the interpolations.
        super({ ...args, interpolation: 'bilinear' });
        this.interpolation = args['interpolation'] as Interpolation;
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() =>
          inChannelsLast(this, onlyInput(inputs), (x) => {
            const size = [x.shape[1]! * this.size[0], x.shape[2]! * this.size[1]] as const;
            return resample(x, size, this.interpolation);
          }),
        );
      }
    },
);

/** `Resizing` of a batch of pictures, which the stock layer can't run. */
export const zooResizing = memoize(
  (): LayerClass =>
    class ZooResizing extends stockClass<TargetSize & { interpolation: Interpolation }>('Resizing') {
      static className = 'ZooResizing';
      private readonly options: ResizingOptions;

      constructor(args: LayerConfig) {
        super({ ...args, interpolation: 'bilinear' });
        const given = args as Partial<ResizingOptions & TargetSize>;
        this.interpolation = (args['interpolation'] as Interpolation | undefined) ?? 'bilinear';
        this.dataFormat = given.dataFormat ?? 'channelsLast';
        this.options = {
          antialias: given.antialias ?? false,
          cropToAspectRatio: given.cropToAspectRatio ?? false,
          padToAspectRatio: given.padToAspectRatio ?? false,
          fillValue: given.fillValue ?? 0,
        };
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return targetShape(this, onlyShape(inputShape));
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        const { cropToAspectRatio, padToAspectRatio, antialias, fillValue } = this.options;
        return tf.tidy(() =>
          inChannelsLast(this, floating(onlyInput(inputs)), (x) => {
            const size = [this.height, this.width] as const;
            let fitted = x;
            if (cropToAspectRatio) fitted = cropToRatio(x, size);
            else if (padToAspectRatio) fitted = padToRatio(x, size, fillValue);
            return resample(fitted, size, this.interpolation, antialias);
          }),
        );
      }

      override getConfig(): tf.serialization.ConfigDict {
        const { options, dataFormat, interpolation } = this;
        return { ...super.getConfig(), ...options, fillMode: 'constant', dataFormat, interpolation };
      }
    },
);

interface ResizingOptions {
  readonly antialias: boolean;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillValue: number;
}

/** `CenterCrop` of a batch of pictures, which the stock layer cuts one pixel off in some sizes, and whose output's shape it mistakes. */
export const zooCenterCrop = memoize(
  (): LayerClass =>
    class ZooCenterCrop extends stockClass<TargetSize>('CenterCrop') {
      static className = 'ZooCenterCrop';

      constructor(args: LayerConfig) {
        super(args);
        this.dataFormat = (args['dataFormat'] as TargetSize['dataFormat'] | undefined) ?? 'channelsLast';
      }

      override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
        return targetShape(this, onlyShape(inputShape));
      }

      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.tidy(() =>
          inChannelsLast(this, floating(onlyInput(inputs)), (x) => {
            const size = [this.height, this.width] as const;
            const [, height, width] = x.shape as [number, number, number, number];
            // keras/src/layers/preprocessing/image_preprocessing/center_crop.py: a picture that is too small is enlarged.
            if (height < size[0] || width < size[1]) return resample(cropToRatio(x, size), size, 'bilinear');
            return crop(x, size);
          }),
        );
      }

      override getConfig(): tf.serialization.ConfigDict {
        return { ...super.getConfig(), dataFormat: this.dataFormat };
      }
    },
);

function floating(x: tf.Tensor): tf.Tensor {
  return x.dtype === 'float32' ? x : tf.cast(x, 'float32');
}

function targetShape(layer: TargetSize, shape: (number | null)[]): tfl.Shape {
  const [rows, columns] = spatialAxesOf(layer, shape.length) as [number, number];
  [shape[rows], shape[columns]] = [layer.height, layer.width];
  return shape;
}

/** The middle of a picture. */
function crop(x: tf.Tensor, size: Size): tf.Tensor {
  const [batch, oldHeight, oldWidth, channels] = x.shape as [number, number, number, number];
  const [top, left] = middle([oldHeight, oldWidth], size);
  return tf.slice(x, [0, top, left, 0], [batch, ...size, channels]);
}

/** The largest middle part that has the ratio of `size`. */
function cropToRatio(x: tf.Tensor, size: Size): tf.Tensor {
  return crop(x, ratioCrop([x.shape[1]!, x.shape[2]!], size));
}

/** The picture with a margin that gives it the ratio of `size`. */
function padToRatio(x: tf.Tensor, size: Size, fillValue: number): tf.Tensor {
  const margins = ratioMargins([x.shape[1]!, x.shape[2]!], size).map((width): [number, number] => [
    width,
    width,
  ]);
  return tf.pad(x, [[0, 0], ...margins, [0, 0]], fillValue);
}
