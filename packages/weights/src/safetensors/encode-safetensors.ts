import type * as tf from '@tensorflow/tfjs';
import { expectOneOf, METADATA_KEY, modelMetadataJson } from '@zoo/core';

import { modelWeights, type ModelWeight } from '../model/model-layers';
import type { HostTensor, TensorValues } from '../tensor-data';

import { writeSafetensors } from './write-safetensors';

/** The weights of `model` as a safetensors file, under the names `<layer>/<weight>`, in TensorFlow's layouts. */
export async function encodeSafetensors(model: tf.LayersModel): Promise<Uint8Array<ArrayBuffer>> {
  const tensors: [string, HostTensor<TensorValues>][] = [];
  for (const weight of modelWeights(model)) tensors.push([weight.name, await hostTensor(weight)]);
  const metadata = modelMetadataJson(model);
  return writeSafetensors(tensors, {
    format: 'tf',
    ...(metadata !== undefined && { [METADATA_KEY]: metadata }),
  });
}

async function hostTensor({ variable }: ModelWeight): Promise<HostTensor<TensorValues>> {
  expectOneOf('dtype', variable.dtype, ['float32', 'int32', 'bool']);
  return { shape: variable.shape as number[], values: (await variable.read().data()) as TensorValues };
}
