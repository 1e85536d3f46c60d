import type * as tfl from '@tensorflow/tfjs-layers';

import { bytes, entry, integer, message, text, type Fields } from './protocol-buffers';

/** A call of a layer within a model. */
type Node = tfl.LayersModel['nodesByDepth'][string][number];

/**
 * The layers of a model and what they read, as a GraphDef: a node a layer, with its class, the shape of its output and its number of weights.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
 */
export function graphDefinition(model: tfl.LayersModel): Fields {
  const nodes = Object.values(model.nodesByDepth).flat();
  const names = nodeNames(nodes);
  return message(
    ...nodes.map((node) => {
      const { outboundLayer, inboundLayers, nodeIndices, outputTensors } = node;
      const inputs = inboundLayers.map((layer, input) => names.get(layer.inboundNodes[nodeIndices[input]!]!));
      return bytes(
        1,
        message(
          text(1, names.get(node)!),
          text(2, outboundLayer.getClassName()),
          ...inputs.map((name) => text(3, name!)),
          // An AttrValue: 3 is an integer, 1 a list, of which 7 are shapes.
          entry(5, 'parameters', integer(3, outboundLayer.countParams())),
          entry(5, '_output_shapes', bytes(1, message(...outputTensors.map(({ shape }) => shapeOf(shape))))),
        ),
      );
    }),
  );
}

/** The layer's name for each call of a layer; a number behind it from the second call on, since a graph's names are unique. */
function nodeNames(nodes: readonly Node[]): ReadonlyMap<Node, string> {
  const names = new Map<Node, string>();
  const calls = new Map<string, number>();
  for (const node of nodes) {
    const { name } = node.outboundLayer;
    const earlier = calls.get(name) ?? 0;
    calls.set(name, earlier + 1);
    names.set(node, earlier === 0 ? name : `${name}_${earlier}`);
  }
  return names;
}

function shapeOf(sizes: readonly (number | null)[]): Fields {
  return bytes(7, message(...sizes.map((size) => bytes(2, integer(1, size ?? -1)))));
}
