import type * as tfl from '@tensorflow/tfjs-layers';

import { bytes, entry, integer, message, text, type Fields } from './protocol-buffers';

/**
 * The layers of a model and what they read, as a GraphDef: a node a layer, with its class, the shape of its output and its number of weights.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
 */
export function graphDefinition(model: tfl.LayersModel): Fields {
  const nodes = Object.values(model.nodesByDepth).flat();
  return message(
    ...nodes.map(({ outboundLayer, inboundLayers, outputTensors }) =>
      bytes(
        1,
        message(
          text(1, outboundLayer.name),
          text(2, outboundLayer.getClassName()),
          ...inboundLayers.map(({ name }) => text(3, name)),
          // An AttrValue: 3 is an integer, 1 a list, of which 7 are shapes.
          entry(5, 'parameters', integer(3, outboundLayer.countParams())),
          entry(5, '_output_shapes', bytes(1, message(...outputTensors.map(({ shape }) => shapeOf(shape))))),
        ),
      ),
    ),
  );
}

function shapeOf(sizes: readonly (number | null)[]): Fields {
  return bytes(7, message(...sizes.map((size) => bytes(2, integer(1, size ?? -1)))));
}
