import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { selectEngine, type SelectedEngine } from '@zoo/engine';
import { loadTorchWeights } from '@zoo/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isOracleAbsent, ORACLE_NOTE, runOracle } from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { createResnet, features } from '../src';

import { inStarts } from './in-starts';
import { timmOptions } from './timm-options';

interface Values {
  readonly shape: number[];
  readonly values: number[];
}

type Sizes = readonly (readonly [height: number, width: number])[];

interface Answer {
  readonly picture: Values;
  readonly stages: readonly Values[];
  readonly output: Values;
}

/**
 * The smallest picture that builders take, and one of odd sides. timm itself refuses those where it averages by two; and of 32 pixels filter
 * response norms get a map of one, which they make a sign of: there PyTorch is 8.5e-5 off what it makes in double precision.
 */
const sizesOf = (name: string): Sizes => [
  name.endsWith('frn') ? [64, 64] : [32, 32],
  /aa\d/.test(name) ? [64, 96] : [65, 71],
];

// scripts/golden/timm_parameters.py writes it.
const PARAMETERS = JSON.parse(
  readFileSync(new URL('../test/fixtures/timm-parameters.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, number>>;

/** The smallest network with each piece. */
const IN_CI = [
  'resnet10t',
  'resnet26d',
  'resnet50s',
  'resnet50_gn',
  'resnetblur18',
  'resnetaa34d',
  'ecaresnet26t',
  'ecaresnet50d_pruned',
  'seresnet18',
  'seresnext26d_32x4d',
  'resnetrs50',
  'test_resnet',
  'resnetv2_18d',
  'resnetv2_50t',
  'resnetv2_50d_evos',
  'resnetv2_50d_frn',
  'resnetv2_50x1_bit',
  'legacy_seresnet18',
  'legacy_seresnet50',
];

/**
 * A file that gets a table's row for each network: parameters, the largest differences of its output and its stages, the seconds that ours took. What
 * stands in it has passed and is not compared again, so that a run that was stopped goes on where it stopped.
 */
const LOG_PATH = process.env['ZOO_ORACLE_LOG'];

/** `ZOO_ORACLE_ALL=1` takes all up to 100 million parameters, `ZOO_ORACLE_ALL=senet` those with that in their name. */
const NAMES = wanted(process.env['ZOO_ORACLE_ALL']).filter((name) => !logged().includes(`| ${name} `));

function logged(): string {
  return LOG_PATH !== undefined && existsSync(LOG_PATH) ? readFileSync(LOG_PATH, 'utf8') : '';
}

function log(name: string, errors: { output: number; stages: number }, milliseconds: number): void {
  if (LOG_PATH === undefined) return;
  const differences = [errors.output, errors.stages].map((error) => error.toExponential(1));
  const row = [name, PARAMETERS[name]!, ...differences, (milliseconds / 1000).toFixed(1)];
  appendFileSync(LOG_PATH, `| ${row.join(' | ')} |\n`);
}

function wanted(group: string | undefined): readonly string[] {
  if (group === undefined) return IN_CI;
  const all = Object.keys(PARAMETERS).filter((name) => PARAMETERS[name]! <= 100e6);
  // The smallest first: a run that is stopped has seen most of them.
  all.sort((a, b) => PARAMETERS[a]! - PARAMETERS[b]!);
  return group === '1' ? all : all.filter((name) => name.includes(group));
}

const SCRIPT = fileURLToPath(new URL('timm_outputs.py', import.meta.url));

/** Largest difference, as a share of the largest value. */
function relativeError(ours: tf.Tensor, { shape, values }: Values): number {
  expect(ours.shape).toEqual(shape);
  const own = ours.dataSync();
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - own[i]!)), 0) / largest;
}

describe.skipIf(isOracleAbsent)(`on wasm, with timm's weights by their names${ORACLE_NOTE}`, () => {
  let engine: SelectedEngine;
  const place = temporaryDirectory('suite');

  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  const answersOf = inStarts(NAMES, async (names) => {
    const sizes = Object.fromEntries(names.map((name) => [name, sizesOf(name)]));
    return runOracle<Record<string, Answer[]>>(SCRIPT, { sizes, directory: place() }, place('job.json'));
  });

  it.each(NAMES)('every stage and the output of %s are timm’s within 1e-4', async (name) => {
    const answers = await answersOf(name);
    const start = performance.now();
    const worst = { output: 0, stages: 0 };
    for (const { picture, stages, output } of answers) {
      const inputShape = picture.shape.slice(1) as [number, number, number];
      const model = createResnet(name, { ...timmOptions(name), inputShape });
      await loadTorchWeights(model, place(`${name}.safetensors`));
      const staged = features(model, ['stage1', 'stage2', 'stage3', 'stage4']);
      tf.tidy(() => {
        const x = tf.tensor(picture.values, picture.shape);
        worst.output = Math.max(worst.output, relativeError(model.predict(x) as tf.Tensor, output));
        const maps = staged.predict(x) as tf.Tensor[];
        stages.forEach((stage, i) => {
          worst.stages = Math.max(worst.stages, relativeError(maps[i]!, stage));
        });
      });
      model.dispose();
    }
    const milliseconds = performance.now() - start;
    await rm(place(`${name}.safetensors`));
    expect(worst.output).toBeLessThan(1e-4);
    expect(worst.stages).toBeLessThan(1e-4);
    log(name, worst, milliseconds);
  });
});
