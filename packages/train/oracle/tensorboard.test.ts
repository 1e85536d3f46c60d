import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import * as tf from '@tensorflow/tfjs-core';
import { PIXEL_NORMALIZATIONS } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import {
  isOracleAbsent,
  ORACLE_ENVIRONMENT,
  ORACLE_NOTE,
  ORACLE_PYTHON,
} from '../../../test-support/oracle-python';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { fit, sgd } from '../src';
import { tensorBoard } from '../src/node';
import { memorySource } from '../test/support/memory-source';
import { tinyModel } from '../test/support/tiny-model';

const run = async (...argumentList: string[]): Promise<string> =>
  (await promisify(execFile)(ORACLE_PYTHON, argumentList, { env: ORACLE_ENVIRONMENT })).stdout;

/** TensorBoard's own readers, which check the records' checksums, and its plugin for hyperparameters. */
const READ_RUN = `
import io, json, sys
from google.protobuf import json_format
from PIL import Image
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups
from tensorboard.util import tensor_util
from tensorboard.compat.proto import graph_pb2

folder = sys.argv[1]
multiplexer = plugin_event_multiplexer.EventMultiplexer(
    tensor_size_guidance={"scalars": 0, "images": 0, "histograms": 0}, purge_orphaned_data=False
)
multiplexer.AddRunsFromDirectory(folder)
multiplexer.Reload()

def tensors(run, tag):
    return [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in multiplexer.Tensors(run, tag)]

result = {"tags": {run: sorted(multiplexer.GetAccumulator(run).Tags()["tensors"]) for run in multiplexer.Runs()}}
result["loss"] = [[step, value.item()] for step, value in tensors("first/train", "epoch_loss")]
result["validation"] = [[step, value.item()] for step, value in tensors("first/validation", "epoch_loss")]
result["histogram"] = [[step, value.tolist()] for step, value in tensors("first/train", "conv/kernel/histogram")]
[(step, picture)] = tensors("first/train", "pictures/0")
result["picture"] = list(Image.open(io.BytesIO(picture[2])).getdata())
graph = graph_pb2.GraphDef.FromString(multiplexer.Graph("first/train").SerializeToString())
result["graph"] = [
    [node.name, node.op, list(node.input), [dim.size for dim in node.attr["_output_shapes"].list.shape[0].dim],
     node.attr["parameters"].i]
    for node in graph.node
]
provider = data_provider.MultiplexerDataProvider(multiplexer, folder)
context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
metadata = context.hparams_metadata(RequestContext(), "")
experiment = context.experiment_from_metadata(RequestContext(), "", True, metadata, context.hparams_from_data_provider(RequestContext(), "", None))
result["known"] = sorted(info.name for info in experiment.hparam_infos)
query = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=10, include_metrics=True)
query.col_params.extend([api_pb2.ColParams(hparam=name, include_in_result=True) for name in result["known"]])
query.allowed_statuses.extend([api_pb2.STATUS_SUCCESS])
groups = list_session_groups.Handler(RequestContext(), context, "", query).run()
[group] = groups.session_groups
result["hyperparameters"] = {name: json_format.MessageToDict(value) for name, value in group.hparams.items()}
result["metrics"] = {value.name.group: value.value for value in group.metric_values if value.name.tag == "epoch_accuracy"}
print(json.dumps(result))
`;

const place = temporaryDirectory();

describe.skipIf(isOracleAbsent)(`TensorBoard's files${ORACLE_NOTE}`, () => {
  it('TensorBoard reads scalars, histograms, pictures, the graph and the hyperparameters of a run', async () => {
    await tf.setBackend('cpu');
    const directory = place('first');
    const model = tinyModel();
    const train = { ...memorySource(), preprocessing: { normalization: PIXEL_NORMALIZATIONS.scale } };
    const { epochs } = await fit(model, {
      train,
      validation: memorySource({ seed: 2 }),
      epochs: 2,
      optimizer: sgd(),
      callbacks: [
        tensorBoard({
          directory,
          everySteps: 1,
          histogramEpochs: 1,
          gradients: true,
          pictures: { source: train, count: 2 },
          hyperparameters: { recipe: 'strong', 'drop rate': 0.25, pretrained: false },
        }),
      ],
    });
    const kernel = await model.getLayer('conv').getWeights()[0]!.data();
    model.dispose();
    const read = JSON.parse(await run('-c', READ_RUN, place())) as Record<string, unknown>;
    const metric = (name: string) => epochs.map(({ epoch, metrics }) => [epoch, Math.fround(metrics[name]!)]);
    expect(read['loss']).toEqual(metric('loss'));
    expect(read['validation']).toEqual(metric('valLoss'));
    const weights = ['conv/bias', 'conv/kernel', 'predictions/bias', 'predictions/kernel'];
    expect(read['tags']).toEqual({
      first: ['_hparams_/session_end_info', '_hparams_/session_start_info'],
      'first/train': [
        ...['__run_graph__', 'batch_accuracy', 'batch_learning_rate', 'batch_loss'],
        ...weights.slice(0, 2).flatMap((name) => [`${name}/gradient`, `${name}/histogram`]),
        ...['epoch_accuracy', 'epoch_learning_rate', 'epoch_loss', 'pictures/0', 'pictures/1'],
        ...weights.slice(2).flatMap((name) => [`${name}/gradient`, `${name}/histogram`]),
      ],
      'first/validation': ['epoch_accuracy', 'epoch_loss'],
    });
    const [, [step, buckets]] = read['histogram'] as [unknown, [number, [number, number, number][]]];
    expect(step).toBe(1);
    expect(buckets[0]![0]).toBe(Math.min(...kernel));
    expect(buckets.at(-1)![1]).toBe(Math.max(...kernel));
    expect(buckets.reduce((sum, [, , count]) => sum + count, 0)).toBe(kernel.length);
    expect(read['graph']).toEqual(
      expect.arrayContaining([
        ['pictures', 'InputLayer', [], [-1, 4, 4, 3], 0],
        ['conv', 'Conv2D', ['pictures'], [-1, 4, 4, 4], 112],
        ['predictions', 'Dense', ['drop'], [-1, 3], 195],
      ]),
    );
    const firstBatch = await train.batches({ epoch: 0 })[Symbol.asyncIterator]().next();
    const { images, labels } = firstBatch.value as { images: tf.Tensor4D; labels: tf.Tensor2D };
    const values = (await images.data()).slice(0, 48);
    tf.dispose([images, labels]);
    expect((read['picture'] as number[][]).flat()).toEqual(
      [...values].map((value) => Math.min(255, Math.max(0, Math.round(255 * value)))),
    );
    expect(read['hyperparameters']).toEqual({ recipe: 'strong', 'drop rate': 0.25, pretrained: false });
    const { accuracy, valAccuracy } = epochs[1]!.metrics;
    expect(read['metrics']).toEqual({ train: Math.fround(accuracy!), validation: Math.fround(valAccuracy!) });
  });
});
