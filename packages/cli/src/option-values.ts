import { InvalidArgumentError } from 'commander';

/** Reads an option's text; throws commander's InvalidArgumentError, a usage error, for text that makes no sense. */
export type ReadOption<Value> = (text: string) => Value;

/** A reader of whole numbers from `minimum` to `maximum`. */
export function integerOption(minimum: number, maximum = Number.MAX_SAFE_INTEGER): ReadOption<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    const bound =
      maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new InvalidArgumentError(`Expected a whole number ${bound}.`);
  };
}

/** Reads 32, or auto for as many as fit into the memory. */
export function batchSizeOption(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1, or auto.');
}

/** Reads an http or https address. */
export function addressOption(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('Expected an http or https address such as https://example.org/epochs.');
}

/** Reads an option that may be given several times: each text is one more. */
export function repeatedOption(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** Bounds of a {@link numberOption}. */
export interface NumberOptionBounds {
  above?: number;
  minimum?: number;
  below?: number;
  maximum?: number;
}

/** A reader of numbers such as 0.05 and 1e-4. */
export function numberOption({ above, minimum, below, maximum }: NumberOptionBounds): ReadOption<number> {
  return (text) => {
    const value = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    const inBounds =
      (above === undefined || value > above) &&
      (minimum === undefined || value >= minimum) &&
      (below === undefined || value < below) &&
      (maximum === undefined || value <= maximum);
    if (inBounds && Number.isFinite(value)) return value;
    const words = [
      ...(above === undefined ? [] : [`above ${above}`]),
      ...(minimum === undefined ? [] : [`of at least ${minimum}`]),
      ...(below === undefined ? [] : [`below ${below}`]),
      ...(maximum === undefined ? [] : [`of at most ${maximum}`]),
    ];
    throw new InvalidArgumentError(`Expected a number ${words.join(' and ')}.`);
  };
}

/** A picture's height and width in pixels. */
export type ImageSizeOption = readonly [height: number, width: number];

/** Reads 64 (a square) or 48x64 (height x width). */
export function imageSizeOption(text: string): ImageSizeOption {
  const match = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError(
      'Expected a number of pixels below 100000 such as 64, or height x width such as 48x64.',
    );
  }
  const height = Number(match[1]);
  return [height, match[2] === undefined ? height : Number(match[2])];
}

/** Reads `from=to`, one more entry of a table of names. */
export function renameOption(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const match = /^([^=]+)=([^=]+)$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('Expected two names such as conv2d_3=conv2_block1_3_conv.');
  return { ...previous, [match[1]!]: match[2]! };
}

/** Reads 0.485,0.456,0.406: one number a channel, or one number for all. */
export function channelValuesOption(text: string): readonly [number, number, number] {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const values = parts.length === 1 ? [parts[0]!, parts[0]!, parts[0]!] : parts;
  if (values.length === 3 && values.every(Number.isFinite)) return values as [number, number, number];
  throw new InvalidArgumentError(
    'Expected three numbers such as 0.485,0.456,0.406, or one for all channels.',
  );
}

/** Reads 0.229,0.224,0.225: numbers as `channelValuesOption` does, to divide by. */
export function divisorsOption(text: string): readonly [number, number, number] {
  const values = channelValuesOption(text);
  if (values.every((value) => value > 0)) return values;
  throw new InvalidArgumentError('Expected numbers above 0.');
}

/** Reads 1,2.5,1: one number or more. */
export function numbersOption(text: string): readonly number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('Expected numbers such as 30,60,80.');
}

/** Reads 0:backbone,3:stage2,6:none: from which epoch on what is frozen. */
export function freezingOption(text: string): readonly { fromEpoch: number; frozen: string | null }[] {
  return text.split(',').map((phase) => {
    const [, epoch, name] = /^\s*(\d+):([^:]+)$/.exec(phase) ?? [];
    if (name === undefined)
      throw new InvalidArgumentError('Expected epochs and layers such as 0:backbone,3:stage2,6:none.');
    return { fromEpoch: Number(epoch), frozen: name === 'none' ? null : name };
  });
}

/** Reads 10:48,5:56x64: how many epochs have pictures of which size. */
export function epochSizesOption(text: string): readonly { epochs: number; imageSize: ImageSizeOption }[] {
  return text.split(',').map((part) => {
    const [, epochs, size] = /^\s*([1-9]\d*):(.+)$/.exec(part) ?? [];
    if (size === undefined)
      throw new InvalidArgumentError('Expected epochs and sizes such as 10:48,5:56x64.');
    return { epochs: Number(epochs), imageSize: imageSizeOption(size.trim()) };
  });
}
