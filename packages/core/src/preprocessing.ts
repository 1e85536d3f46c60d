import { PIXEL_NORMALIZATIONS, type PixelNormalization } from './pixel-normalization';

/**
 * How pixels are found when a picture changes its size.
 *
 * - `antialias` (default): triangle filter that widens when shrinking; equal to Pillow's BILINEAR and to torchvision.
 * - `bicubic`: as `antialias` by a cubic filter (a = -1/2), sharper; equal to Pillow's BICUBIC, which timm's weights were measured with.
 * - `lanczos`, `hamming`, `box`: other filters of Pillow's, equal to its LANCZOS, HAMMING and BOX.
 * - `bilinear`: the four nearest pixels, whatever the factor; equal to TensorFlow and Keras layers, rounded to bytes.
 * - `nearest`: one pixel; equal to Pillow's NEAREST and to Keras' ImageDataGenerator.
 * - `area`: exact averaging over the area of the target pixel.
 */
export type ResizeMethod = (typeof RESIZE_METHODS)[number];

/** The names in {@link ResizeMethod}. */
export const RESIZE_METHODS = [
  'antialias',
  'bicubic',
  'lanczos',
  'hamming',
  'box',
  'bilinear',
  'nearest',
  'area',
] as const;

/**
 * What happens to a picture whose aspect ratio is not the requested one.
 *
 * - `stretch` (default): it is distorted.
 * - `crop`: the largest part in the middle that has the proportion is kept, then resized; equal to Keras' `smart_resize`.
 * - `resizeCrop`: it is resized until the target, divided by `cropFraction`, is covered; then its middle is kept. Equal to torchvision's
 *   `Resize` and `CenterCrop` and to timm's `crop_pct`.
 * - `pad`: it is kept whole, in the middle, with a border of one colour.
 */
export type AspectMode = (typeof ASPECT_MODES)[number];

/** The names in {@link AspectMode}. */
export const ASPECT_MODES = ['stretch', 'crop', 'resizeCrop', 'pad'] as const;

/** The channels that a model reads: three of colour, or one of brightness (ITU-R 601-2, as Pillow's `L`). */
export type ColorMode = (typeof COLOR_MODES)[number];

/** The names in {@link ColorMode}. */
export const COLOR_MODES = ['rgb', 'grayscale'] as const;

/**
 * How a picture becomes a model's input. A batch source has this value, `fit` writes it into the model, every file format stores it and
 * every loader restores it.
 */
export interface Preprocessing {
  /** Height and width of the input, in pixels. */
  readonly imageSize: readonly [height: number, width: number];
  /** How pixels are found at another size. Default `antialias`. */
  readonly resize: ResizeMethod;
  /** What becomes of pictures of another proportion. Default `stretch`. */
  readonly aspect: AspectMode;
  /** The share of the resized picture's side that `aspect: 'resizeCrop'` keeps: 0.875 for 224 of 256 pixels. Default 1. */
  readonly cropFraction: number;
  /** The border of `aspect: 'pad'` as red, green and blue from 0 to 255. Default black. */
  readonly padColor: readonly [red: number, green: number, blue: number];
  /** The channels of the input. Default `rgb`. */
  readonly colorMode: ColorMode;
  /** How bytes become the input's values. Default {@link PIXEL_NORMALIZATIONS}`.scale`: values from 0 to 1. */
  readonly normalization: PixelNormalization;
}

/** The defaults, in the library and on the command line. */
export const DEFAULT_PREPROCESSING = {
  resize: 'antialias',
  aspect: 'stretch',
  cropFraction: 1,
  padColor: [0, 0, 0],
  colorMode: 'rgb',
  normalization: PIXEL_NORMALIZATIONS.scale,
} as const satisfies Omit<Preprocessing, 'imageSize'>;
