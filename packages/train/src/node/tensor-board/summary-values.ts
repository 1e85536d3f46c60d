import {
  bytes,
  double,
  doubles,
  entry,
  float,
  integer,
  message,
  text,
  type Fields,
} from './protocol-buffers';

// Values of a summary: https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto

/** One number under a tag. */
export function scalarValue(tag: string, value: number): Fields {
  return message(text(1, tag), float(2, value));
}

/** A picture, encoded as PNG. */
export interface EncodedPicture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly png: Uint8Array;
}

/** A picture under a tag. */
export function pictureValue(tag: string, { height, width, channels, png }: EncodedPicture): Fields {
  return message(
    text(1, tag),
    bytes(4, message(integer(1, height), integer(2, width), integer(3, channels), bytes(4, png))),
  );
}

const BUCKETS = 30;

/** How often values come, in 30 ranges of one width, as TensorBoard's own `histogram`; what is not finite is left out. */
export function histogramValue(tag: string, values: Float32Array): Fields {
  let [least, greatest, count, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    count += 1;
    sum += value;
    sumOfSquares += value * value;
  }
  const width = (greatest - least) / BUCKETS;
  const counts = new Array<number>(BUCKETS).fill(0);
  for (const value of values) {
    if (Number.isFinite(value)) counts[Math.min(BUCKETS - 1, Math.floor((value - least) / width)) || 0]! += 1;
  }
  const limits = counts.map((_, bucket) =>
    bucket === BUCKETS - 1 ? greatest : least + (bucket + 1) * width,
  );
  return message(
    text(1, tag),
    bytes(
      5,
      count === 0
        ? message()
        : message(
            ...[
              double(1, least),
              double(2, greatest),
              double(3, count),
              double(4, sum),
              double(5, sumOfSquares),
            ],
            ...[doubles(6, limits), doubles(7, counts)],
          ),
    ),
  );
}

/** What a run was set up with, as TensorBoard's table of hyperparameters shows it. */
export type Hyperparameters = Readonly<Record<string, string | number | boolean>>;

/** The beginning of a run, for the table of hyperparameters. */
export function sessionStartValue(hyperparameters: Hyperparameters, startSeconds: number): Fields {
  const entries = Object.entries(hyperparameters).map(([name, value]) => entry(1, name, anyValue(value)));
  return hyperparametersValue('session_start_info', bytes(3, message(...entries, double(5, startSeconds))));
}

/** The end of a run that came to its end. */
export function sessionEndValue(endSeconds: number): Fields {
  const succeeded = 1;
  return hyperparametersValue(
    'session_end_info',
    bytes(4, message(integer(1, succeeded), double(2, endSeconds))),
  );
}

/** https://github.com/tensorflow/tensorboard/blob/master/tensorboard/plugins/hparams/plugin_data.proto */
function hyperparametersValue(tag: string, content: Fields): Fields {
  const plugin = message(text(1, 'hparams'), bytes(2, message(integer(1, 0), content)));
  // The value itself is a tensor of float32 without elements.
  const nothing = message(integer(1, 1), bytes(2, bytes(2, message())));
  return message(text(1, `_hparams_/${tag}`), bytes(8, nothing), bytes(9, bytes(1, plugin)));
}

/** google.protobuf.Value */
function anyValue(value: string | number | boolean): Fields {
  if (typeof value === 'number') return double(2, value);
  return typeof value === 'string' ? text(3, value) : integer(4, value);
}
