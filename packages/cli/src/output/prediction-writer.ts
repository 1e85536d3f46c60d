import type { ClassProbability } from '@zoo/core';

/** The formats of `zoo predict`: its help names them before TensorFlow.js is loaded. */
export const PREDICTION_FORMATS = ['table', 'csv', 'json', 'jsonl', 'html'] as const;

/** A name in {@link PREDICTION_FORMATS}. */
export type PredictionFormat = (typeof PREDICTION_FORMATS)[number];

/** What `zoo predict` says of a picture. */
export type PictureAnswer =
  | { readonly picture: string; readonly predictions: readonly ClassProbability[] }
  | { readonly picture: string; readonly error: string };

/** Turns answers into text, one after the other. */
export interface PredictionWriter {
  /** What stands before the first answer. */
  readonly head: string;
  /**
   * The text of the answer with this number, from 0.
   *
   * @param content The picture, where no path leads to it.
   */
  answer(answer: PictureAnswer, index: number, content?: File): string | Promise<string>;
  /** What stands behind the last of `count` answers. */
  tail(count: number): string;
}
