/**
 * What each way of finding activations' ranges costs in accuracy: `zoo quantize --to int8` as ONNX by every `--calibration-method`, and with
 * weights alone.
 *
 * `node benchmarks/run.mjs calibration <idenprof/test> <idenprof/train> [model] [pictures] [pixels]`; default @zoo/idenprof's weights, 128 and the
 * network's own pixels. Needs onnxruntime-node, which is
 * not installed with the repository: `npm install --no-save onnxruntime-node`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { processIo, run } from '@zoo/cli';
import { CALIBRATION_METHOD } from '@zoo/weights';

// The bundle lies elsewhere than what names its files from its own place.
const idenprof = fileURLToPath(import.meta.resolve('@zoo/idenprof/slim-resnet18-idenprof.safetensors'));
const [data, calibration, model = idenprof, pictures = '128', pixels] = process.argv.slice(2);
if (calibration === undefined)
  throw new Error('Expected two folders. See the head of benchmarks/calibration.ts.');

const size = pixels === undefined ? [] : ['--image-size', pixels];

/** What `zoo quantize --json` prints. */
interface Outcome {
  readonly bytesAfter: number;
  readonly accuracyBefore: number;
  readonly accuracyAfter?: number;
  readonly agreement?: number;
  readonly largestDifference?: number;
}

/** The outcome of `zoo quantize` with those flags. */
async function quantized(file: string, flags: readonly string[]): Promise<Outcome> {
  let printed = '';
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed += chunk.toString();
      done();
    },
  });
  const status = await run(['quantize', model, file, '--data', data!, '--json', ...size, ...flags], {
    ...processIo(),
    stdout,
  });
  if (status !== 0) throw new Error(`zoo quantize ended with status ${status}.`);
  return JSON.parse(printed) as Outcome;
}

const percent = (share: number | undefined): string =>
  share === undefined ? 'not measured' : `${(100 * share).toFixed(2)} %`;

const folder = await mkdtemp(join(tmpdir(), 'zoo-calibration-'));
try {
  const calibrated = ['--calibration', calibration, '--calibration-pictures', pictures];
  const rows: readonly (readonly [name: string, flags: readonly string[]])[] = [
    ['weights only', ['--weights-only']],
    ...CALIBRATION_METHOD.choices.map(
      (method) => [method, [...calibrated, '--calibration-method', method]] as const,
    ),
  ];
  for (const [name, flags] of rows) {
    const outcome = await quantized(join(folder, `${name.replace(' ', '-')}.onnx`), flags);
    console.log(
      `${name.padEnd(18)} ${(outcome.bytesAfter / 1e6).toFixed(2)} MB, accuracy ${percent(outcome.accuracyBefore)} before, ${percent(outcome.accuracyAfter)} after, ` +
        `same first class ${percent(outcome.agreement)}, outputs differ by ${outcome.largestDifference?.toPrecision(2) ?? '?'} at most`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
