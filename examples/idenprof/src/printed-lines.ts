import type { Callback } from '@zoo/train';

/** Where the lines that the Python program prints go. */
export type Print = (line: string) => void;

/** `Found 9000 images belonging to 10 classes.` */
export function foundImages({
  examples,
  classNames,
}: {
  readonly examples: readonly unknown[];
  readonly classNames: readonly string[];
}): string {
  return `Found ${examples.length} images belonging to ${classNames.length} classes.`;
}

/** The last lines of Keras' `model.summary()`. */
export function parameterLines(total: number, trainable: number): string[] {
  const counted = (count: number) => count.toLocaleString('en-US');
  return [
    `Total params: ${counted(total)}`,
    `Trainable params: ${counted(trainable)}`,
    `Non-trainable params: ${counted(total - trainable)}`,
  ];
}

/** Prints what `lr_schedule` prints at the beginning of each epoch: `Learning rate:  0.001`. */
export function learningRateLines(rateOf: (epoch: number) => number, print: Print): Callback {
  return {
    name: 'learningRateLines',
    onEpochBegin: ({ epoch }) => print(`Learning rate:  ${pythonFloat(rateOf(epoch))}`),
  };
}

/** Prints what `ModelCheckpoint(monitor='val_acc', verbose=1, save_best_only=True)` prints after each epoch. */
export function checkpointLines(fileOf: (epoch: number) => string, print: Print): Callback {
  let best = Number.NEGATIVE_INFINITY;
  return {
    name: 'checkpointLines',
    onTrainBegin: () => {
      best = Number.NEGATIVE_INFINITY;
    },
    onEpochSettled: (_, { epoch, metrics }) => {
      const value = metrics['valAccuracy'] ?? Number.NaN;
      const title = `Epoch ${`${epoch + 1}`.padStart(5, '0')}: val_acc`;
      if (!(value > best)) print(`${title} did not improve from ${fixed(best)}`);
      else {
        print(`${title} improved from ${fixed(best)} to ${fixed(value)}, saving model to ${fileOf(epoch)}`);
        best = value;
      }
    },
  };
}

/** Python's `%0.5f`. */
function fixed(value: number): string {
  return value === Number.NEGATIVE_INFINITY ? '-inf' : value.toFixed(5);
}

/** A number as Python prints it: `0.001`, `1e-05`, `1.0`. */
export function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : `${value}`;
}
