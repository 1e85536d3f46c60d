import type * as tf from '@tensorflow/tfjs';
import { type ModelMetadata, norm, relu } from '@zoo/core';

import type { Architecture } from './architecture';
import { finishModel, inputOf } from './model-ends';
import { type AnyResNetOptions, STRUCTURAL_OPTION_NAMES } from './options';
import { blocksOf, type Plan, planOf, shortcutOf } from './plan';
import { stem } from './stem';
import { layerSeed } from './variants';

/** Builds a net of the family with values drawn at random: the one builder of all architectures and flavours. */
export function buildResNet(architecture: Architecture, options: AnyResNetOptions): tf.LayersModel {
  const plan = planOf(architecture, options);
  const { application, style, dropRate, seed } = plan;
  const { preActivation } = architecture;
  const input = inputOf(application, options.inputTensor);
  let x = stem(input, style, {
    kind: plan.stemKind,
    filters: architecture.stemFilters ?? 64,
    normalized: preActivation?.stemNorm ?? true,
    inputNorm: preActivation?.inputNorm ?? false,
  });
  x = body(x, architecture, plan);
  if (preActivation !== undefined) x = relu(norm(x, style, { name: 'post_bn' }), 'post_relu');
  const { classifierInitializer: kernelInitializer } = plan;
  const { name } = architecture;
  return finishModel({
    input,
    features: x,
    application,
    architecture: name,
    architectureOptions: structuralOptions(options),
    dropRate,
    seed,
    kernelInitializer,
  });
}

/** The options given that change layers or shapes: who builds the network again needs them. */
function structuralOptions(options: AnyResNetOptions): NonNullable<ModelMetadata['architectureOptions']> {
  return Object.fromEntries(
    STRUCTURAL_OPTION_NAMES.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function body(stemOutput: tf.SymbolicTensor, architecture: Architecture, plan: Plan): tf.SymbolicTensor {
  const blocks = blocksOf(architecture, plan);
  return blocks.reduce((x, block, index) => {
    const { name, filters, stride, dilation } = block;
    return architecture.block(x, {
      name,
      filters,
      width: filters * (architecture.widthFactor ?? 1),
      groups: architecture.groups ?? 1,
      stride,
      dilation,
      shortcut: shortcutOf(architecture, plan, block, x.shape[3]!),
      dropRate: (plan.stochasticDepth * (index + 1)) / blocks.length,
      seed: layerSeed(plan.seed, `${name}_drop`),
      style: plan.style,
    });
  }, stemOutput);
}
