import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead } from '@zoo/core';
import { SIGNAL, type AnyRow } from '@zoo/core/options';

import { logitsOf, type LogitsFunction } from '../logits';

import { scoringOf, type Scoring } from './scoring';
import { VIEW_OPTIONS, type ViewOptions } from './view-options';
import { cropSizeOf, viewsOf } from './views';

/** A model as metrics see it. */
export interface ScoredModel {
  readonly logits: LogitsFunction;
  readonly scoring: Scoring;
}

/** How far a pass over a source has come. */
export interface Progress {
  /** Examples so far. */
  readonly done: number;
  /** Examples in all. */
  readonly total: number;
}

/** Rows of every call that runs a model over a source. */
export const PASS_OPTIONS = {
  ...VIEW_OPTIONS,
  /** Called after every batch. */
  onProgress: {
    type: 'any',
    expected: 'a function of { done, total }, numbers of examples',
  } as AnyRow<(progress: Progress) => void>,
  /** Aborted, the call rejects with the signal's reason after the current batch. */
  signal: SIGNAL,
} as const;

/** `model` as it is trained: its own logits, whatever its temperature. */
export function trainedModel(model: tfl.LayersModel): ScoredModel {
  return { logits: logitsOf(model), scoring: scoringOf(classifierHead(model).kind) };
}

/** `model` as it answers: by its temperature, and by the mean of several views of each picture if they are asked for. */
export function scoredModel(model: tfl.LayersModel, options: ViewOptions): ScoredModel {
  const { logits: own, scoring } = trainedModel(model);
  const { temperature } = classifierHead(model);
  const logits: LogitsFunction =
    temperature === undefined
      ? own
      : (images, training) => tf.tidy(() => tf.div(own(images, training), temperature));
  const views = viewsOf(options, cropSizeOf(model, options));
  const isPlain = views.length === 1 && options.scales === undefined;
  return { logits: isPlain ? logits : averaged(logits, scoring, views), scoring };
}

/** Logits of the mean of the probabilities of several views, one view at a time. */
function averaged(
  logits: LogitsFunction,
  scoring: Scoring,
  views: ReturnType<typeof viewsOf>,
): LogitsFunction {
  return (images, training) =>
    tf.tidy(() => {
      const sum = views.reduce<tf.Tensor | undefined>((before, view) => {
        const own = tf.tidy(() => scoring.probabilities(logits(view(images as tf.Tensor4D), training)));
        if (before === undefined) return own;
        const after = tf.add(before, own);
        tf.dispose([before, own]);
        return after;
      }, undefined)!;
      return scoring.logits(tf.div(sum, views.length));
    });
}
