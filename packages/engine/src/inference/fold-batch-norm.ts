import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

import { foldedWeights } from './folded-weights';
import { planFolding, type BatchNormFolding, type FoldingPlan } from './folding-plan';
import { isInput, layerGraph, type LayerCall } from './layer-graph';
import { PlannedModel } from './planned-model';

/** Options of {@link foldBatchNorm}. */
export interface FoldBatchNormOptions {
  /** True to make a ReLU the activation of the layer it follows, one pass less over its output. Default true. */
  fuseActivations?: boolean;
  /** Called with what became of each batch normalisation, those of models within the model included. */
  onReport?: (report: readonly BatchNormFolding[]) => void;
}

/**
 * A copy of a model for inference, its batch normalisations folded into the convolutions and dense layers beside them.
 *
 * A norm is an affine map in inference: one that follows a convolution or dense layer becomes part of its kernel and bias; one that comes
 * before such a layer does so where no zero padding lies between. In a pre-activation network the norm that a ReLU separates from the next
 * convolution, and that a shortcut's sum feeds, stays: {@link batchNormFoldings} says which and why. Outputs differ by float32 rounding
 * only.
 *
 * The model stays as it is and shares no layer with the copy. Shared layers stay shared; nested models are folded too; folded layers keep
 * their names; the copy is not compiled. Use it for inference only, because it has no norms to train with.
 *
 * @param model Any LayersModel, functional or sequential; it must be built.
 * @returns The copy, the caller's to dispose.
 */
export function foldBatchNorm(model: tfl.LayersModel, options: FoldBatchNormOptions = {}): tfl.LayersModel {
  const { fuseActivations = true, onReport } = options;
  const graph = layerGraph(model);
  const plan = planFolding(graph);
  const report = [...plan.report];
  const copies: tfl.LayersModel[] = [];
  tf.tidy(() => {
    const wanted = fuseActivations ? plan : { ...plan, activations: [] };
    const foldInner: FoldInner = (inner) =>
      foldBatchNorm(inner, { fuseActivations, onReport: (rows) => report.push(...rows) });
    copies.push(copyModel(model, graph.calls, wanted, foldInner));
  });
  onReport?.(report);
  return copies[0]!;
}

/** What {@link foldBatchNorm} would do with each batch normalisation of a model, and why some stay. Touches no tensor. */
export function batchNormFoldings(model: tfl.LayersModel): readonly BatchNormFolding[] {
  const graph = layerGraph(model);
  const inner = [...graph.callsOf.keys()].filter((layer) => isModel(layer));
  return [...planFolding(graph).report, ...inner.flatMap(batchNormFoldings)];
}

type FoldInner = (model: tfl.LayersModel) => tfl.LayersModel;

function copyModel(
  model: tfl.LayersModel,
  calls: readonly LayerCall[],
  plan: FoldingPlan,
  foldInner: FoldInner,
): tfl.LayersModel {
  const gone = new Set<tfl.layers.Layer>([
    ...plan.foldings.map(({ norm }) => norm),
    ...plan.activations.map(({ activation }) => activation),
  ]);
  const copies = new Map<tfl.layers.Layer, tfl.layers.Layer>();
  const tensors = new Map<number, tfl.SymbolicTensor>();
  for (const call of calls) {
    const { outboundLayer: layer, inputTensors, outputTensors } = call;
    const inputs = isInput(call) ? [] : inputTensors.map(({ id }) => tensors.get(id)!);
    let outputs: tfl.SymbolicTensor[];
    if (isInput(call)) outputs = [copyInput(outputTensors[0]!)];
    else if (gone.has(layer)) outputs = inputs;
    else {
      const copy = copies.get(layer) ?? copyLayer(layer, plan, foldInner);
      copies.set(layer, copy);
      outputs = [
        copy.apply(inputs.length === 1 ? inputs[0]! : inputs, { ...call.callArgs }),
      ].flat() as tfl.SymbolicTensor[];
    }
    outputTensors.forEach(({ id }, index) => tensors.set(id, outputs[index]!));
  }
  for (const [layer, copy] of copies) copyWeights(layer, copy, plan);
  const pick = (list: readonly tfl.SymbolicTensor[]): tfl.SymbolicTensor[] =>
    list.map(({ id }) => tensors.get(id)!);
  const copy = new PlannedModel({
    inputs: pick(model.inputs),
    outputs: pick(model.outputs),
    name: model.name,
  });
  const metadata = model.getUserDefinedMetadata() as object | undefined;
  if (metadata !== undefined) copy.setUserDefinedMetadata(metadata);
  return copy;
}

function copyInput({ shape, dtype, sourceLayer }: tfl.SymbolicTensor): tfl.SymbolicTensor {
  return tfl.input({ batchShape: shape, dtype, name: sourceLayer.name });
}

function copyLayer(layer: tfl.layers.Layer, plan: FoldingPlan, foldInner: FoldInner): tfl.layers.Layer {
  if (isModel(layer)) return foldInner(layer);
  const config: Record<string, unknown> = { ...layer.getConfig() };
  // The weights come from the original: drawing millions of random numbers first would take seconds.
  for (const key of Object.keys(config)) {
    if (key.endsWith('Initializer') && config[key] !== null) config[key] = 'zeros';
  }
  if (plan.foldings.some(({ target }) => target === layer)) config.useBias = true;
  if (plan.activations.some(({ target }) => target === layer)) config.activation = 'relu';
  const { constructor } = layer as unknown as { constructor: LayerClass };
  return constructor.fromConfig(constructor, config);
}

interface LayerClass {
  fromConfig(layerClass: LayerClass, config: object): tfl.layers.Layer;
}

function copyWeights(layer: tfl.layers.Layer, copy: tfl.layers.Layer, plan: FoldingPlan): void {
  // A nested model already has its weights.
  if (isModel(layer)) return;
  const foldings = plan.foldings.filter(({ target }) => target === layer);
  copy.setWeights(foldings.length === 0 ? layer.getWeights() : foldedWeights(layer, foldings));
}

function isModel(layer: tfl.layers.Layer): layer is tfl.LayersModel {
  return layer instanceof tfl.LayersModel;
}
