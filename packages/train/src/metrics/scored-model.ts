import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { classifierHead } from '@zoo/core';
import { SIGNAL, type AnyRow } from '@zoo/core/options';

import { logitsOf, type LogitsFunction } from '../logits';

import { scoringOf, type Scoring } from './scoring';

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
  /**
   * True to average each picture's probabilities with those of its mirror image (Simonyan and Zisserman 2015, section 3.2): twice the time,
   * and for most networks a few tenths of a percent. Default false.
   */
  horizontalFlip: { type: 'boolean', default: false },
  /** Called after every batch. */
  onProgress: {
    type: 'any',
    expected: 'a function of { done, total }, numbers of examples',
  } as AnyRow<(progress: Progress) => void>,
  /** Aborted, the call rejects with the signal's reason after the batch at hand. */
  signal: SIGNAL,
} as const;

/** `model` with how its scores are read, averaged over mirror images if that is asked for. */
export function scoredModel(model: tfl.LayersModel, horizontalFlip = false): ScoredModel {
  const logits = logitsOf(model);
  const scoring = scoringOf(classifierHead(model).kind);
  return { logits: horizontalFlip ? averagedWithMirror(logits, scoring) : logits, scoring };
}

/** Logits of the mean of two pictures' probabilities. */
function averagedWithMirror(logits: LogitsFunction, scoring: Scoring): LogitsFunction {
  return (images, training) =>
    tf.tidy(() => {
      const views = [images, tf.reverse(images, 2)].map((view) =>
        scoring.probabilities(logits(view, training)),
      );
      return scoring.logits(tf.div(tf.addN(views), views.length));
    });
}
