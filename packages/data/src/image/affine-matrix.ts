/**
 * Where a pixel of the result comes from: column `a * x + b * y + c` and row `d * x + e * y + f` of the source, in whole
 * pixels from the centre of the first.
 */
export type AffineMatrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Parts of an affine change; angles in degrees. */
export interface AffineParts {
  /** Clockwise. Default 0. */
  rotation?: number;
  /** Along x and along y. Default [0, 0]. */
  shear?: readonly [x: number, y: number];
  /** Above 1 enlarges. Default 1. */
  scale?: number;
  /** Pixels to the right and down, after the rest. Default [0, 0]. */
  shift?: readonly [right: number, down: number];
}

/**
 * The matrix of a rotation, shear, scale and shift about `center`, inverted, as torchvision's functional.affine takes them.
 *
 * @param center Column and row that stay in place except for the shift; the middle of a picture is `[(width - 1) / 2, (height - 1) / 2]`.
 */
export function affineMatrix(
  { rotation = 0, shear = [0, 0], scale = 1, shift = [0, 0] }: AffineParts,
  [centerX, centerY]: readonly [x: number, y: number],
): AffineMatrix {
  const angle = radians(rotation);
  const [shearX, shearY] = [radians(shear[0]), radians(shear[1])];
  const a = Math.cos(angle - shearY) / Math.cos(shearY);
  const b = (-Math.cos(angle - shearY) * Math.tan(shearX)) / Math.cos(shearY) - Math.sin(angle);
  const c = Math.sin(angle - shearY) / Math.cos(shearY);
  const d = (-Math.sin(angle - shearY) * Math.tan(shearX)) / Math.cos(shearY) + Math.cos(angle);
  const [xx, xy, yx, yy] = [d / scale, -b / scale, -c / scale, a / scale];
  const [fromX, fromY] = [-centerX - shift[0], -centerY - shift[1]];
  return [xx, xy, xx * fromX + xy * fromY + centerX, yx, yy, yx * fromX + yy * fromY + centerY];
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
