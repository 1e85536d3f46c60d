import { ArgumentError, expectInteger } from '@zoo/core/options';

import type { RgbColor } from './decoded-image';

/** Height and width of `size`; throws ArgumentError unless both are integers of at least 1. */
export function heightAndWidth(argument: string, size: unknown): readonly [height: number, width: number] {
  if (typeof size === 'number') {
    expectInteger(argument, size, { minimum: 1 });
    return [size, size];
  }
  if (!Array.isArray(size) || size.length !== 2) {
    throw new ArgumentError(argument, 'a number of pixels or [height, width]', size);
  }
  return [
    expectInteger(`${argument}[0]`, size[0], { minimum: 1 }),
    expectInteger(`${argument}[1]`, size[1], { minimum: 1 }),
  ];
}

/** `color` if it is three bytes; throws ArgumentError otherwise. */
export function expectColor(argument: string, color: unknown): RgbColor {
  const isByte = (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
  if (!Array.isArray(color) || color.length !== 3 || !color.every(isByte)) {
    throw new ArgumentError(argument, 'a colour as [red, green, blue], each from 0 to 255', color);
  }
  return color as unknown as RgbColor;
}
