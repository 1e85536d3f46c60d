import * as tfl from '@tensorflow/tfjs-layers';
import { openModel } from '@zoo/classify';
import { modelMetadata, setModelMetadata, ZooError } from '@zoo/core';
import { createResnet } from '@zoo/resnet';

/** A network that is measured. */
export interface MeasuredNetwork {
  /** As it was asked for. */
  readonly name: string;
  readonly model: tfl.LayersModel;
}

/**
 * Opens a network with ImageNet's classes.
 *
 * @param name A weight file, a run's folder or published weights: see `openModel`.
 * @param isSizeOpen True for one that reads pictures of any size: for several scales.
 */
export async function openNetwork(name: string, isSizeOpen: boolean): Promise<MeasuredNetwork> {
  const model = await openModel(name);
  if (!isSizeOpen || model.inputs[0]!.shape[1] === null) return { name, model };
  try {
    return { name, model: withOpenSize(name, model) };
  } finally {
    model.dispose();
  }
}

/** The same network and weights, with height and width left open. */
function withOpenSize(name: string, model: tfl.LayersModel): tfl.LayersModel {
  const { architecture, architectureOptions, ...metadata } = modelMetadata(model) ?? {};
  if (architecture === undefined) {
    throw new ZooError(
      'unsupported',
      `Expected a network of this family for several scales but ${name} does not say which it is. Measure it at one size.`,
    );
  }
  const open = createResnet(architecture, {
    ...architectureOptions,
    inputTensor: tfl.input({ shape: [null, null, 3] }),
    classes: model.outputs[0]!.shape[1]!,
    weights: null,
    kernelInitializer: 'zeros',
  });
  open.setWeights(model.getWeights());
  setModelMetadata(open, { ...modelMetadata(open), ...metadata });
  return open;
}
