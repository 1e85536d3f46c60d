import {
  ArgumentError,
  expectInteger,
  type AnyRow,
  type OptionTable,
  type ReadOptions,
} from '@zoo/core/options';

/** Option rows for the views of each picture that are measured: one view, or several whose probabilities are averaged. */
export const VIEW_OPTIONS = {
  /**
   * True to average each picture's probabilities with those of its mirror image (Simonyan and Zisserman 2015, section 3.2): twice the time,
   * and for most networks a few tenths of a percent. Default false.
   */
  horizontalFlip: { type: 'boolean', default: false },
  /**
   * `five` averages over the four corners and the middle of each picture, `cropSize` large; with `horizontalFlip` these are the ten crops of
   * Krizhevsky et al. 2012, section 4.1. The source's pictures have to be larger than the model's: 256 for 224. Default `none`.
   */
  crops: { type: 'choice', choices: ['none', 'five'], default: 'none' },
  /** Height and width of `crops: 'five'`, one number for a square. Default the model's, where it has one size. */
  cropSize: {
    type: 'any',
    expected: 'a number of pixels or [height, width]',
    check: expectSize,
  } as AnyRow<number | readonly [height: number, width: number], readonly [height: number, width: number]>,
  /**
   * Lengths of the shorter side that pictures are seen at (He et al. 2016, section 4.1: 224, 256, 384, 480 and 640), resized bilinearly
   * from the source's; without crops the model has to leave its size open. Default the source's size alone.
   */
  scales: {
    type: 'any',
    expected: 'a list of lengths in pixels',
    check: (argument, value) => {
      if (!Array.isArray(value) || value.length === 0)
        throw new ArgumentError(argument, 'a list of lengths in pixels', value);
      return value.map((length, index) => expectInteger(`${argument}[${index}]`, length, { minimum: 1 }));
    },
  } as AnyRow<readonly number[]>,
} as const satisfies OptionTable;

/** {@link VIEW_OPTIONS}, read. */
export type ViewOptions = ReadOptions<typeof VIEW_OPTIONS>;

function expectSize(argument: string, value: unknown): readonly [height: number, width: number] {
  const [height, width] = (Array.isArray(value) && value.length === 2 ? value : [value, value]) as unknown[];
  return [expectInteger(argument, height, { minimum: 1 }), expectInteger(argument, width, { minimum: 1 })];
}
