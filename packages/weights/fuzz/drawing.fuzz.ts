import { expect, it } from 'vitest';

import { bounded } from '../../../test-support/bounded';
import { modelFromKerasJson } from '../src/index';
import { jsonBytes, kerasObject, recurrent, sequential } from '../test/support/architectures';

/** Units of a layer of 7,874 inputs that has nearly as many weights as may be drawn by default. */
const SIDE = 7874;

const dense = (kernel_initializer: object, units = SIDE) =>
  kerasObject('Dense', { name: `dense_${units}`, units, use_bias: false, kernel_initializer });

// Orthogonal kernels of so many units use the budget up, alone or with 40 million normal numbers besides.
it.each([
  ['RandomNormal', sequential([SIDE], dense(kerasObject('RandomNormal')))],
  ['TruncatedNormal', sequential([SIDE], dense(kerasObject('TruncatedNormal')))],
  ['HeNormal', sequential([SIDE], dense(kerasObject('HeNormal')))],
  ['GlorotUniform', sequential([SIDE], dense(kerasObject('GlorotUniform')))],
  ['Constant', sequential([SIDE], dense(kerasObject('Constant', { value: 0.5 })))],
  ['Identity', sequential([SIDE], dense(kerasObject('Identity', { gain: 2 })))],
  ['Orthogonal', sequential([1050], dense(kerasObject('Orthogonal'), 1050))],
  ['Orthogonal of an LSTM', recurrent(600)],
  [
    'both',
    sequential([700], dense(kerasObject('Orthogonal'), 700), dense(kerasObject('RandomNormal'), 60_000)),
  ],
])('an architecture of as much as may be drawn is drawn in time and memory: %s', async (_, architecture) => {
  const model = await bounded(() => modelFromKerasJson(jsonBytes(architecture)));
  if (model instanceof Error) throw model;
  expect(model.countParams()).toBeGreaterThan(1e6);
  model.dispose();
});
