import type * as tfl from '@tensorflow/tfjs-layers';
import { METADATA_KEY, modelMetadataJson, ZooError } from '@zoo/core';

import { isContainer } from '../model/model-layers';

import { convertLayer, isExportable } from './convert-layer';
import { GraphBuilder, type GraphValue } from './graph-builder';
import { encodeOnnx, type OnnxValue } from './onnx-proto';

type Values = Map<number, GraphValue>;
type Container = Pick<tfl.LayersModel, 'layers' | 'inputs' | 'outputs'>;

/**
 * The bytes of an ONNX model (operator set 17) that computes what `model` does in inference, from the same inputs: channels
 * last, any batch size. Batch norms that follow a convolution are folded into it; dropouts are left out.
 *
 * @throws ZooError 'unsupported' that names every layer that can't be exported.
 */
export async function exportOnnx(model: tfl.LayersModel): Promise<Uint8Array> {
  expectExportable(model);
  const builder = new GraphBuilder();
  const values: Values = new Map();
  const inputs = model.inputs.map((input): OnnxValue => {
    const name = builder.uniqueName(input.sourceLayer.name);
    values.set(input.id, { name, rank: input.shape.length, isChannelsFirst: false });
    return { name, shape: openShape(input.shape, name) };
  });
  // Reserved first: an output is called as the model calls it, and its layer's node otherwise.
  // A sequential model knows no names of its outputs: their layers' are what it would call them.
  const outputNames = model.outputs.map(({ sourceLayer }) => builder.uniqueName(sourceLayer.name));
  await addModel(builder, model, values);
  const outputs = model.outputs.map((output, i): OnnxValue => {
    builder.alias(builder.channelsLast(values.get(output.id)!), outputNames[i]!);
    return { name: outputNames[i]!, shape: openShape(output.shape, inputs[0]!.name) };
  });
  const metadata = modelMetadataJson(model);
  return encodeOnnx({
    name: model.name,
    nodes: builder.nodes,
    constants: builder.constants,
    inputs,
    outputs,
    metadata: metadata === undefined ? {} : { [METADATA_KEY]: metadata },
  });
}

function openShape(shape: tfl.Shape, name: string): (number | string)[] {
  return shape.map((size, axis) => size ?? (axis === 0 ? 'batch' : `${name}_${axis}`));
}

function expectExportable(model: Container): void {
  const unsupported = new Set<string>();
  const visit = ({ layers }: Pick<Container, 'layers'>) => {
    for (const layer of layers) {
      if (isContainer(layer)) visit(layer);
      else if (layer.getClassName() !== 'InputLayer' && !isExportable(layer.getClassName())) {
        unsupported.add(`${layer.getClassName()} ('${layer.name}')`);
      }
    }
  };
  visit(model);
  if (unsupported.size === 0) return;
  throw new ZooError(
    'unsupported',
    `Expected layers that can be exported to ONNX but found ${[...unsupported].join(', ')}. ` +
      'Export a model that ends before them.',
  );
}

/** Adds the calls of all layers, inputs first: `layers` is in that order but for shared layers, which wait for their turn. */
async function addModel(builder: GraphBuilder, model: Container, values: Values): Promise<void> {
  const folded = new Set<tfl.layers.Layer>();
  let pending = model.layers.flatMap((layer) => layer.inboundNodes.map((node) => ({ layer, node })));
  while (pending.length > 0) {
    const waiting: typeof pending = [];
    for (const call of pending) {
      const { layer, node } = call;
      const known = node.inputTensors.map((tensor) => values.get(tensor.id));
      if (node.outputTensors.every((tensor) => values.has(tensor.id))) continue;
      if (node.inputTensors.length === 0 || known.includes(undefined)) {
        waiting.push(call);
        continue;
      }
      const inputs = known as GraphValue[];
      const outputs = isContainer(layer)
        ? await addNested(builder, layer as unknown as Container, inputs)
        : [await addLayer(builder, model, call, inputs, folded)];
      node.outputTensors.forEach((tensor, i) => values.set(tensor.id, outputs[i]!));
    }
    // What is left belongs to other models that share these layers.
    if (waiting.length === pending.length) return;
    pending = waiting;
  }
}

async function addNested(
  builder: GraphBuilder,
  model: Container,
  inputs: readonly GraphValue[],
): Promise<GraphValue[]> {
  const values: Values = new Map(model.inputs.map((input, i) => [input.id, inputs[i]!]));
  await addModel(builder, model, values);
  return model.outputs.map((output) => values.get(output.id)!);
}

async function addLayer(
  builder: GraphBuilder,
  model: Container,
  {
    layer,
    node,
  }: { readonly layer: tfl.layers.Layer; readonly node: tfl.layers.Layer['inboundNodes'][number] },
  inputs: readonly GraphValue[],
  folded: Set<tfl.layers.Layer>,
): Promise<GraphValue> {
  if (folded.has(layer)) return inputs[0]!;
  const foldedNorm = followingNorm(model, layer);
  if (foldedNorm !== undefined) folded.add(foldedNorm);
  const config = layer.getConfig() as Record<string, unknown>;
  return convertLayer({
    builder,
    layer,
    config,
    inputs,
    inputShape: node.inputTensors[0]!.shape,
    foldedNorm,
  });
}

/** The batch norm that alone reads a convolution's output, if the convolution has no activation of its own. */
function followingNorm(model: Container, layer: tfl.layers.Layer): tfl.layers.Layer | undefined {
  const { activation, padding, dataFormat } = layer.getConfig() as {
    activation?: string;
    padding?: unknown;
    dataFormat?: string;
  };
  const isConvolution =
    /^(Zoo)?(Conv[123]D|DepthwiseConv2D)$/.test(layer.getClassName()) && typeof padding === 'string';
  const isPlain = activation === undefined || activation === 'linear';
  if (!isConvolution || !isPlain || layer.inboundNodes.length !== 1 || layer.outboundNodes.length !== 1)
    return undefined;
  if (model.outputs.some((output) => output.sourceLayer === layer)) return undefined;
  const next = layer.outboundNodes[0]!.outboundLayer;
  const isNorm = next.getClassName() === 'BatchNormalization' && next.inboundNodes.length === 1;
  if (!isNorm) return undefined;
  const [axis] = [(next.getConfig() as { axis: number | number[] }).axis].flat() as [number];
  const { rank } = layer.outboundNodes[0]!.inputTensors[0]!;
  return (axis < 0 ? axis + rank : axis) === (dataFormat === 'channelsFirst' ? 1 : rank - 1)
    ? next
    : undefined;
}
