import type { Html } from '@zoo/core/page';

import type { History } from '../history';

import { evaluationSection, type NamedEvaluation } from './evaluation-section';
import { historySection } from './history-section';
import { mostWrongSection, type PicturedPrediction } from './most-wrong-section';
import { COMPARISON_STYLE } from './render-comparison';

/** The CSS that a page with parts of reports needs in addition to the style of all pages. */
export function reportStyle(): string {
  return COMPARISON_STYLE;
}

/** A run's curves with its best epoch, and where the time went: the first section of a report. Nothing before the first epoch. */
export function curvesSection(history: Pick<History, 'epochs'>): Html {
  return historySection(history);
}

/** Figures, confusion matrix and classes of an evaluation, with the pictures that are wrong with the highest confidence. */
export function measuredSection(named: NamedEvaluation, wrong: readonly PicturedPrediction[]): Html {
  return evaluationSection(named, mostWrongSection(wrong, named.evaluation.classNames));
}
