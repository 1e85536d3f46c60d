import type * as tfl from '@tensorflow/tfjs-layers';
import { METADATA_KEY, modelMetadataJson, ZooError } from '@zoo/core';

import { isContainer } from '../model/model-layers';
import { walkCalls, type WalkedCall, type WalkedModel } from '../model/walk-calls';

import { convertLayer, isExportable } from './convert-layer';
import { GraphBuilder, type GraphValue } from './graph-builder';
import type { OnnxModel, OnnxValue } from './onnx-proto';

/** A model as ONNX has it, and which of its values is which layer's output. */
export interface ModelGraph {
  readonly graph: OnnxModel;
  /** The values' names by the index of the call, as `walkCalls` counts them, whose output they are. */
  readonly callOutputs: readonly string[];
}

/**
 * The graph that computes what `model` does in inference: channels last, any batch size. Batch norms that follow a convolution are folded
 * into it; dropouts are left out.
 *
 * @throws ZooError 'unsupported' that names every layer that can't be exported.
 */
export async function modelGraph(model: tfl.LayersModel): Promise<ModelGraph> {
  expectExportable(model);
  const builder = new GraphBuilder();
  const inputs = model.inputs.map((input): OnnxValue => {
    const name = builder.uniqueName(input.sourceLayer.name);
    return { name, shape: openShape(input.shape, name) };
  });
  // Reserved first: an output is called as the model calls it, and its layer's node otherwise.
  // A sequential model knows no names of its outputs: their layers' are what it would call them.
  const outputNames = model.outputs.map(({ sourceLayer }) => builder.uniqueName(sourceLayer.name));
  const callOutputs: string[] = [];
  const folded = new Set<tfl.layers.Layer>();
  const given = inputs.map(({ name, shape }) => ({ name, rank: shape.length, isChannelsFirst: false }));
  const values = await walkCalls<GraphValue>(model, given, {
    async visit(call, callInputs) {
      const output = await addLayer(builder, call, callInputs, folded);
      callOutputs.push(output.name);
      return [output];
    },
  });
  const outputs = model.outputs.map((output, i): OnnxValue => {
    builder.alias(builder.channelsLast(values[i]!), outputNames[i]!);
    return { name: outputNames[i]!, shape: openShape(output.shape, inputs[0]!.name) };
  });
  const metadata = modelMetadataJson(model);
  const graph: OnnxModel = {
    name: model.name,
    nodes: builder.nodes,
    constants: builder.constants,
    inputs,
    outputs,
    metadata: metadata === undefined ? {} : { [METADATA_KEY]: metadata },
  };
  return { graph, callOutputs };
}

function openShape(shape: tfl.Shape, name: string): (number | string)[] {
  return shape.map((size, axis) => size ?? (axis === 0 ? 'batch' : `${name}_${axis}`));
}

function expectExportable(model: WalkedModel): void {
  const unsupported = new Set<string>();
  const visit = ({ layers }: Pick<WalkedModel, 'layers'>) => {
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

async function addLayer(
  builder: GraphBuilder,
  { layer, node, model }: WalkedCall,
  inputs: readonly GraphValue[],
  folded: Set<tfl.layers.Layer>,
): Promise<GraphValue> {
  if (folded.has(layer)) return inputs[0]!;
  const foldedNorm = followingNorm(model, layer);
  if (foldedNorm !== undefined) folded.add(foldedNorm);
  const config = layer.getConfig() as Record<string, unknown>;
  const inputShape = node.inputTensors[0]!.shape;
  return convertLayer({ builder, layer, config, inputs, inputShape, foldedNorm });
}

/** The batch norm that alone reads a convolution's output, if the convolution has no activation of its own. */
function followingNorm(model: WalkedModel, layer: tfl.layers.Layer): tfl.layers.Layer | undefined {
  const { activation, padding, dataFormat } = layer.getConfig() as {
    activation?: string;
    padding?: unknown;
    dataFormat?: string;
  };
  const isConvolution =
    /^(Zoo)?(Conv[123]D|DepthwiseConv2D|StandardizedConv2D)$/.test(layer.getClassName()) &&
    typeof padding === 'string';
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
