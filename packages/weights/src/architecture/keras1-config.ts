import type { JsonObject } from './json-object';

/** What Keras 2 calls what Keras 1 called otherwise (keras/legacy/interfaces.py of Keras 2.0). */
const KEYS: Readonly<Record<string, string>> = {
  nb_filter: 'filters',
  filter_length: 'kernel_size',
  subsample: 'strides',
  subsample_length: 'strides',
  border_mode: 'padding',
  init: 'kernel_initializer',
  inner_init: 'recurrent_initializer',
  inner_activation: 'recurrent_activation',
  bias: 'use_bias',
  output_dim: 'units',
  W_regularizer: 'kernel_regularizer',
  b_regularizer: 'bias_regularizer',
  W_constraint: 'kernel_constraint',
  b_constraint: 'bias_constraint',
  p: 'rate',
  sigma: 'stddev',
  atrous_rate: 'dilation_rate',
  pool_length: 'pool_size',
  stride: 'strides',
  concat_axis: 'axis',
  beta_init: 'beta_initializer',
  gamma_init: 'gamma_initializer',
};

const DROPPED = [
  'nb_row',
  'nb_col',
  'dim_ordering',
  'input_dtype',
  'mode',
  'input_dim',
  'input_length',
  'arguments',
];

/** A layer's configuration of Keras 1 with the keys and values of Keras 2. */
export function keras1Config(className: string, kerasClass: string, fields: JsonObject): JsonObject {
  const config: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (className === 'Embedding' && (key === 'input_dim' || key === 'output_dim')) config[key] = value;
    else if (!DROPPED.includes(key)) config[Object.hasOwn(KEYS, key) ? KEYS[key]! : key] = value;
  }
  if ('nb_row' in fields) config['kernel_size'] = [fields['nb_row'], fields['nb_col']];
  if (fields['dim_ordering'] === 'th') config['data_format'] = 'channels_first';
  if (fields['dim_ordering'] === 'tf') config['data_format'] = 'channels_last';
  const padding = fields['padding'];
  // Top, bottom, left, right.
  if (Array.isArray(padding) && padding.length === 4)
    config['padding'] = [padding.slice(0, 2), padding.slice(2)];
  if (kerasClass !== 'Merge') return config;
  return fields['mode'] === 'concat'
    ? { name: fields['name'], axis: config['axis'] }
    : { name: fields['name'] };
}
