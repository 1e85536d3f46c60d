import type { ResolvedGeneratorOptions } from './image-data-generator-options';
import type { NumpyRandom } from './numpy-random';

/** What is done to one picture, in Keras' names and units. */
export interface TransformParameters {
  /** Degrees. */
  readonly theta: number;
  /** Pixels along the rows' axis. */
  readonly tx: number;
  /** Pixels along the columns' axis. */
  readonly ty: number;
  /** Degrees. */
  readonly shear: number;
  readonly zx: number;
  readonly zy: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  readonly channelShift: number | undefined;
  readonly brightness: number | undefined;
}

/**
 * Draws as ImageDataGenerator.get_random_transform does, in its order: what is off draws nothing, but flips always draw.
 *
 * Source: keras/src/legacy/preprocessing/image.py.
 */
export function drawTransform(
  options: ResolvedGeneratorOptions,
  height: number,
  width: number,
  random: NumpyRandom,
): TransformParameters {
  const symmetric = (range: number) => (range === 0 ? 0 : random.uniform(-range, range));
  const theta = symmetric(options.rotationRange);
  const tx = drawShift(options.heightShiftRange, height, random);
  const ty = drawShift(options.widthShiftRange, width, random);
  const shear = symmetric(options.shearRange);
  const [low, high] = options.zoomRange;
  const isUnzoomed = low === 1 && high === 1;
  const zx = isUnzoomed ? 1 : random.uniform(low, high);
  const zy = isUnzoomed ? 1 : random.uniform(low, high);
  const flipHorizontal = random.random() < 0.5 && options.horizontalFlip;
  const flipVertical = random.random() < 0.5 && options.verticalFlip;
  const { channelShiftRange, brightnessRange } = options;
  const channelShift =
    channelShiftRange === 0 ? undefined : random.uniform(-channelShiftRange, channelShiftRange);
  const brightness = brightnessRange && random.uniform(...brightnessRange);
  return { theta, tx, ty, shear, zx, zy, flipHorizontal, flipVertical, channelShift, brightness };
}

function drawShift(range: number | readonly number[], length: number, random: NumpyRandom): number {
  if (range === 0) return 0;
  if (typeof range !== 'number') {
    const chosen = range[random.choice(range.length)]! * (random.choice(2) === 0 ? -1 : 1);
    return Math.max(...range) < 1 ? chosen * length : chosen;
  }
  if (Number.isInteger(range)) return random.choice(range) * (random.choice(2) === 0 ? -1 : 1);
  const drawn = random.uniform(-range, range);
  return range < 1 ? drawn * length : drawn;
}
