import type { JsonObject } from './json-object';

/** Options of Keras' layers that say nothing about what a layer computes here, or nothing that a model without training has. */
const NEUTRAL = words(`
  name trainable dtype autocast seed module registered_name build_config batch_input_shape activity_regularizer implementation unroll
`);

const WEIGHTS = (...names: string[]): string =>
  names.map((name) => `${name}_initializer ${name}_regularizer ${name}_constraint`).join(' ');

const CONVOLUTION = `filters kernel_size strides padding data_format dilation_rate groups activation use_bias ${WEIGHTS('kernel', 'bias')}`;
const POOLING = 'pool_size strides padding data_format';
const GLOBAL_POOLING = 'data_format keepdims';
const RECURRENT = `units activation use_bias ${WEIGHTS('kernel', 'recurrent', 'bias')} dropout recurrent_dropout`;
const SEQUENCE = 'return_sequences return_state go_backwards stateful zero_output_for_mask time_major';

/**
 * The options of each class that are read: what TensorFlow.js' class of that name takes, or ours does. The oracle lane varies each
 * of them against Keras (oracle/layer-options.test.ts); any other option that a file holds is refused by its name.
 */
export const OPTION_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    InputLayer: 'batch_shape sparse ragged optional input_tensor type_spec',
    Activation: 'activation',
    ELU: 'alpha',
    LeakyReLU: 'alpha negative_slope',
    PReLU: `shared_axes ${WEIGHTS('alpha')}`,
    ReLU: 'max_value negative_slope threshold',
    ThresholdedReLU: 'theta',
    Softmax: 'axis',
    Conv1D: CONVOLUTION,
    Conv2D: CONVOLUTION,
    Conv3D: CONVOLUTION,
    Conv2DTranspose: `${CONVOLUTION} output_padding`,
    Conv3DTranspose: `${CONVOLUTION} output_padding`,
    SeparableConv2D: `${CONVOLUTION} depth_multiplier ${WEIGHTS('depthwise', 'pointwise')}`,
    DepthwiseConv2D: `${CONVOLUTION} depth_multiplier ${WEIGHTS('depthwise')}`,
    Cropping2D: 'cropping data_format',
    ZeroPadding2D: 'padding data_format',
    UpSampling2D: 'size data_format interpolation',
    Resizing:
      'height width interpolation crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value antialias data_format',
    CenterCrop: 'height width data_format',
    Rescaling: 'scale offset',
    Dense: `units activation use_bias ${WEIGHTS('kernel', 'bias')}`,
    Dropout: 'rate noise_shape data_format',
    SpatialDropout1D: 'rate',
    AlphaDropout: 'rate noise_shape',
    GaussianDropout: 'rate',
    GaussianNoise: 'stddev',
    Flatten: 'data_format',
    RepeatVector: 'n',
    Reshape: 'target_shape',
    Permute: 'dims',
    Masking: 'mask_value',
    Embedding: `input_dim output_dim ${WEIGHTS('embeddings')} mask_zero input_length`,
    BatchNormalization: `axis momentum epsilon center scale ${WEIGHTS('beta', 'gamma')} moving_mean_initializer
      moving_variance_initializer synchronized fused virtual_batch_size adjustment renorm renorm_clipping renorm_momentum mode`,
    GroupNormalization: `groups axis epsilon center scale ${WEIGHTS('beta', 'gamma')}`,
    LayerNormalization: `axis epsilon center scale rms_scaling ${WEIGHTS('beta', 'gamma')}`,
    AveragePooling1D: POOLING,
    AveragePooling2D: POOLING,
    AveragePooling3D: POOLING,
    MaxPooling1D: POOLING,
    MaxPooling2D: POOLING,
    MaxPooling3D: POOLING,
    GlobalAveragePooling1D: GLOBAL_POOLING,
    GlobalAveragePooling2D: GLOBAL_POOLING,
    GlobalMaxPooling1D: GLOBAL_POOLING,
    GlobalMaxPooling2D: GLOBAL_POOLING,
    SimpleRNN: `${RECURRENT} ${SEQUENCE}`,
    SimpleRNNCell: RECURRENT,
    GRU: `${RECURRENT} ${SEQUENCE} recurrent_activation reset_after`,
    GRUCell: `${RECURRENT} recurrent_activation reset_after`,
    LSTM: `${RECURRENT} ${SEQUENCE} recurrent_activation unit_forget_bias`,
    LSTMCell: `${RECURRENT} recurrent_activation unit_forget_bias`,
    // TensorFlow.js repeats the cell's options beside it.
    RNN: `cell ${SEQUENCE} ${RECURRENT} recurrent_activation reset_after unit_forget_bias`,
    StackedRNNCells: 'cells',
    ConvLSTM2D: `${CONVOLUTION} ${WEIGHTS('recurrent')} dropout recurrent_dropout recurrent_activation unit_forget_bias ${SEQUENCE}`,
    ConvLSTM2DCell: `${CONVOLUTION} ${WEIGHTS('recurrent')} dropout recurrent_dropout recurrent_activation unit_forget_bias`,
    Bidirectional: 'layer backward_layer merge_mode',
    TimeDistributed: 'layer',
    Add: '',
    Average: '',
    Maximum: '',
    Minimum: '',
    Multiply: '',
    Concatenate: 'axis',
    Dot: 'axes normalize',
  }).map(([className, options]): [string, readonly string[]] => [className, words(options)]),
);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/**
 * The options in a layer's configuration that are not read: each could change what the layer computes. An option that is null is not
 * set. What a class that is not in the table takes is its own matter.
 */
export function unreadOptions(className: string, config: JsonObject): readonly string[] {
  const known = OPTION_NAMES.get(className);
  if (known === undefined) return [];
  return Object.keys(config).filter((key) => {
    const isSet = config[key] !== null && config[key] !== undefined;
    return isSet && !known.includes(key) && !NEUTRAL.includes(key);
  });
}
