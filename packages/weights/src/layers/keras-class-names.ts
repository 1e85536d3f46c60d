/** Classes of Keras that layers of ours compute; each is called `Zoo` and that name. Names alone: who asks for them loads no layer. */
export const KERAS_CLASS_NAMES = [
  ...(['ReLU', 'ELU', 'PReLU', 'Softmax', 'UpSampling2D', 'Resizing', 'CenterCrop', 'Concatenate'] as const),
  ...(['GRUCell', 'GRU', 'GroupNormalization'] as const),
  ...(['Conv1D', 'Conv2D', 'Conv3D', 'DepthwiseConv2D', 'SeparableConv2D'] as const),
  ...(['Conv2DTranspose', 'Conv3DTranspose'] as const),
  ...([
    'GlobalAveragePooling1D',
    'GlobalAveragePooling2D',
    'GlobalMaxPooling1D',
    'GlobalMaxPooling2D',
  ] as const),
  ...(['AveragePooling1D', 'MaxPooling1D', 'MaxPooling3D'] as const),
] as const;

/** A name in {@link KERAS_CLASS_NAMES}. */
export type KerasClassName = (typeof KERAS_CLASS_NAMES)[number];

/** What Keras calls a class of ours; any other stays. */
export function kerasClassName(className: string): string {
  const kerasName = className.replace(/^Zoo/, '');
  const isOurs = className.startsWith('Zoo') && (KERAS_CLASS_NAMES as readonly string[]).includes(kerasName);
  return isOurs ? kerasName : className;
}
