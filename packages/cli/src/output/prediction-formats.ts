/** The formats of `zoo predict`: its help names them before TensorFlow.js is loaded. */
export const PREDICTION_FORMATS = ['table', 'csv', 'json', 'jsonl', 'html'] as const;

/** A name in {@link PREDICTION_FORMATS}. */
export type PredictionFormat = (typeof PREDICTION_FORMATS)[number];
