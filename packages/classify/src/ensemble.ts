import {
  averageProbabilities,
  AVERAGE_OPTIONS,
  expectSameAnswers,
  topClasses,
  type AverageOptions,
  type ClassifierHead,
  type ClassProbability,
} from '@zoo/core';
import { readOptions } from '@zoo/core/options';

import { batchesOf } from './batches-of';
import {
  CLASSIFY_OPTIONS,
  classifyBy,
  type ClassifiedPicture,
  type Classifier,
  type ClassifyOptions,
} from './classifier';
import type { Picture } from './picture';

/** Several classifiers that answer as one. */
export interface Ensemble extends Pick<Classifier, 'classNames' | 'classify' | 'results' | 'dispose'> {
  readonly members: readonly Classifier[];
}

/**
 * Makes one classifier of several. It answers with the mean of their probabilities or logits; each reads the pictures as its own model
 * does. The ensemble owns them: its `dispose` disposes them.
 *
 * @example
 * const names = ['resnet50.tv2_in1k', 'resnet101.tv2_in1k'];
 * const ensemble = createEnsemble(await Promise.all(names.map((name) => openClassifier(name))), { average: 'logits' });
 * const [best] = await ensemble.classify('photo.jpg');
 *
 * @throws ArgumentError for none, for classes of other names or in another order, and for heads of two kinds.
 */
export function createEnsemble(classifiers: readonly Classifier[], options: AverageOptions = {}): Ensemble {
  readOptions(AVERAGE_OPTIONS, options);
  const answers = classifiers.map(({ classNames, head }) => ({ classNames, kind: head.kind }));
  expectSameAnswers('classifiers', answers, { head: '', classNames: '.classNames' });
  const { classNames, head } = classifiers[0]!;
  return new ClassifierEnsemble(classifiers, classNames, head, options);
}

class ClassifierEnsemble implements Ensemble {
  constructor(
    readonly members: readonly Classifier[],
    readonly classNames: readonly string[],
    private readonly head: ClassifierHead,
    private readonly averaging: AverageOptions,
  ) {}

  classify(picture: Picture, options?: ClassifyOptions): Promise<ClassProbability[]>;
  classify(pictures: readonly Picture[], options?: ClassifyOptions): Promise<ClassProbability[][]>;
  classify(
    pictures: Picture | readonly Picture[],
    options: ClassifyOptions = {},
  ): Promise<ClassProbability[] | ClassProbability[][]> {
    return classifyBy((asked) => this.results(asked, options), pictures);
  }

  async *results(
    pictures: Iterable<Picture> | AsyncIterable<Picture>,
    options: ClassifyOptions = {},
  ): AsyncGenerator<ClassifiedPicture, void> {
    const { top, batchSize, signal } = readOptions(CLASSIFY_OPTIONS, options);
    for await (const batch of batchesOf(pictures, batchSize)) {
      const answers: ClassifiedPicture[][] = [];
      for (const member of this.members) {
        const own: ClassifiedPicture[] = [];
        for await (const answer of member.results(batch, { batchSize, ...(signal && { signal }) })) {
          own.push(answer);
        }
        answers.push(own);
      }
      for (const place of batch.keys())
        yield this.together(
          answers.map((own) => own[place]!),
          top,
        );
    }
  }

  dispose(): void {
    for (const member of this.members) member.dispose();
  }

  private together(answers: readonly ClassifiedPicture[], top: number): ClassifiedPicture {
    const own: Float32Array[] = [];
    for (const answer of answers) {
      if ('error' in answer) return answer;
      own.push(answer.probabilities);
    }
    const probabilities = averageProbabilities(this.head.kind, own, this.classNames.length, this.averaging);
    const predictions = topClasses(probabilities, this.classNames, top);
    return { picture: answers[0]!.picture, predictions, probabilities };
  }
}
