import type { ShortcutOption, StemName } from '../builder/variants';

import type { Traits } from './traits';

/** A layer of an architecture as Keras or TensorFlow.js writes it. */
interface ConfigLayer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The layer that feeds its first input. */
  readonly input: string | undefined;
}

/** What the architecture in a Keras file, or a model's own, says of how its network strides, pads and normalises. */
export function traitsOfConfig(architecture: unknown): Traits {
  const layers = flatLayers(architecture, 0);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const feeds = (layer: ConfigLayer | undefined): ConfigLayer | undefined => byName.get(layer?.input ?? '');
  const stemConvolution = layers.find(({ className }) => className === 'Conv2D');
  if (stemConvolution === undefined) return {};
  const inner = layers.filter(
    (layer) =>
      ['Conv2D', 'ZooConv2D', 'DepthwiseConv2D'].includes(layer.className) && layer !== stemConvolution,
  );
  const strided = inner.filter((layer) => sizeOf(layer, 'strides') === 2);
  const spatial = inner.filter((layer) => sizeOf(layer, 'kernel_size') === 3);
  const padding = paddingOf(
    stemConvolution,
    strided.filter((layer) => spatial.includes(layer)),
  );
  const pool = layers.find(({ className }) => className === 'MaxPooling2D');
  const epsilons = new Set(
    layers
      .filter(({ className }) => className === 'BatchNormalization')
      .map(({ config }) => config['epsilon'] as number),
  );
  const [epsilon] = epsilons;
  const stem = stemOf(stemConvolution, pool, feeds(pool));
  return {
    ...(epsilons.size === 1 && typeof epsilon === 'number' && { epsilon }),
    ...(padding !== undefined && { padding }),
    ...(stem !== undefined && { stem }),
    strideIn: strided.some((layer) => spatial.includes(layer)) ? 'second' : 'first',
    averageProjection: layers.some(
      (layer) => layer.className === 'Conv2D' && feeds(layer)?.className === 'AveragePooling2D',
    ),
    ...shortcutOf(layers),
    ...outputStrideOf(inner),
  };
}

function flatLayers(json: unknown, depth: number): ConfigLayer[] {
  const config = field(json, 'config');
  const list = Array.isArray(config) ? (config as unknown[]) : field(config, 'layers');
  if (!Array.isArray(list) || depth > 16) return [];
  return list.flatMap((layer: unknown) => {
    const inner = flatLayers(layer, depth + 1);
    if (inner.length > 0) return inner;
    const fields = field(layer, 'config');
    return [
      {
        name: String(field(layer, 'name') ?? field(fields, 'name')),
        className: String(field(layer, 'class_name')),
        config: (typeof fields === 'object' && fields !== null ? fields : {}) as Record<string, unknown>,
        input: firstInput(field(layer, 'inbound_nodes')),
      },
    ];
  });
}

function field(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>)[name] : undefined;
}

/** [[[layer, node, tensor, ...]]] of Keras 2, or the first `keras_history` of Keras 3. */
function firstInput(nodes: unknown): string | undefined {
  let first: unknown = nodes;
  while (Array.isArray(first)) first = (first as unknown[])[0];
  if (typeof first === 'string') return first;
  let argument = field(first, 'args');
  while (Array.isArray(argument)) argument = (argument as unknown[])[0];
  const history = field(field(argument, 'config'), 'keras_history');
  return Array.isArray(history) ? String(history[0]) : undefined;
}

function sizeOf({ config }: ConfigLayer, name: string): number | undefined {
  const value = config[name];
  return Number(Array.isArray(value) ? value[0] : value);
}

/** The stem's counts where no block strides with a kernel larger than 1x1. */
function paddingOf(stem: ConfigLayer, strided: readonly ConfigLayer[]): Traits['padding'] {
  const [layer] = strided;
  const padding = (layer ?? stem).config['padding'];
  if (padding !== 'same' && padding !== 'valid') return undefined;
  // At stride 1 both paddings are the same.
  if (layer === undefined && sizeOf(stem, 'strides') === 1) return undefined;
  return padding === 'valid' ? 'explicit' : 'same';
}

function stemOf(
  convolution: ConfigLayer,
  pool: ConfigLayer | undefined,
  beforePool: ConfigLayer | undefined,
): StemName | undefined {
  const stride = sizeOf(convolution, 'strides');
  if (sizeOf(convolution, 'kernel_size') === 3) {
    if (stride === 1) return 'small';
    return pool === undefined ? 'half' : 'deep';
  }
  if (pool === undefined) return undefined;
  if (beforePool?.className === 'ZeroPadding2D' || pool.config['padding'] === 'same') return 'imagenet';
  return convolution.config['padding'] === 'same' ? 'imagenetSame' : 'imagenetUnpaddedPool';
}

/** Kernels of the last two stages dilate by 2 and 4 for an output stride of 8, those of the last one by 2 for 16. */
function outputStrideOf(convolutions: readonly ConfigLayer[]): { outputStride?: 8 | 16 } {
  const most = Math.max(1, ...convolutions.map((layer) => sizeOf(layer, 'dilation_rate') ?? 1));
  return most === 4 ? { outputStride: 8 } : most === 2 ? { outputStride: 16 } : {};
}

/** Option A as this package builds it: an average or every second pixel, and zeros before and behind the channels. */
function shortcutOf(layers: readonly ConfigLayer[]): { shortcut?: ShortcutOption } {
  if (!layers.some(({ className }) => className === 'Add')) return { shortcut: 'none' };
  const pad = layers.find(({ name }) => /_0_pad$/.test(name));
  const pool = layers.find(
    ({ name, className }) => /_0_pool$/.test(name) && className === 'AveragePooling2D',
  );
  if (pad === undefined || pool === undefined) return {};
  const before = ((pad.config['padding'] as unknown[] | undefined)?.[1] as number[] | undefined)?.[0];
  const how = sizeOf(pool, 'pool_size') === 1 ? 'subsample' : 'average';
  return { shortcut: `${how}-pad-${before === 0 ? 'end' : 'both'}` };
}
