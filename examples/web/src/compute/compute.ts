import type { Classifier } from '@zoo/classify';
import { ZooError } from '@zoo/core';
import type { DecodedImage } from '@zoo/data';
import { decodeImage } from '@zoo/data/browser';
import { warmUp } from '@zoo/engine';

import type {
  Answer,
  EngineChoice,
  ExportFormat,
  Heat,
  Lesson,
  LessonBase,
  LessonEvent,
  LessonRequest,
  ModelPlace,
  ModelReading,
  OpenedModel,
  RunningEngine,
} from './compute-types';
import { openPlace, titleOf } from './open-place';
import { PIXEL_LIMIT, rgbaOf, shownPicture } from './pixels';
import { startEngine } from './start-engine';
import type { Teacher } from './teacher';

const SHOWN_SIDE = 960;
const THUMBNAIL_SIDE = 160;

/** What the page computes, in a worker, so that the page itself stays responsive. */
export class Compute {
  private classifier: Classifier | undefined;
  private picture: DecodedImage | undefined;
  private teaching: { readonly key: number; readonly teacher: Teacher } | undefined;
  private stopping: AbortController | undefined;
  private choice: EngineChoice = 'auto';
  private queue: Promise<unknown> = Promise.resolve();

  start(choice: EngineChoice): Promise<RunningEngine> {
    this.choice = choice;
    return startEngine(choice, 'infer');
  }

  /** Opens a model in the place of the one that is open, which stays where this fails. */
  open(
    place: ModelPlace,
    reading: ModelReading,
    onProgress: (fraction: number) => void,
  ): Promise<OpenedModel> {
    return this.inTurn(async () => {
      const since = performance.now();
      const classifier = await openPlace(place, reading, onProgress);
      try {
        // The first answer would take as long as compiling does.
        await warmUp(classifier.model, { batchSize: 1, imageSize: classifier.preprocessing.imageSize });
      } catch (error) {
        classifier.dispose();
        throw error;
      }
      this.classifier?.dispose();
      this.classifier = classifier;
      return {
        title: titleOf(place),
        classNames: classifier.classNames,
        imageSize: classifier.preprocessing.imageSize,
        parameters: classifier.model.countParams(),
        durationMs: performance.now() - since,
      };
    });
  }

  /** Names what a picture shows, and keeps the picture for {@link explain}. */
  classify(file: Blob): Promise<Answer> {
    return this.inTurn(async () => {
      const since = performance.now();
      const picture = await decode(file);
      const decoded = performance.now();
      const predictions = await this.opened().classify(picture, { top: 5 });
      const answered = performance.now();
      this.picture = picture;
      return {
        predictions,
        shown: shownPicture(picture, SHOWN_SIDE),
        decodingMs: decoded - since,
        answeringMs: answered - decoded,
      };
    });
  }

  /** Where the last picture speaks for a class. */
  explain(className: string): Promise<Heat> {
    return this.inTurn(async () => {
      if (this.picture === undefined) throw new ZooError('unsupported', 'Expected a picture first.');
      const { drawHeat, explain } = await import('./explain-picture');
      const explanation = await explain(this.opened(), this.picture, { className });
      return {
        className: explanation.className,
        probability: explanation.probability,
        seen: rgbaOf(explanation.seen),
        colors: rgbaOf(drawHeat(explanation, { opacity: 1 })),
      };
    });
  }

  /** A picture that can be learnt from, small; refuses what can't be decoded. */
  async thumbnail(file: Blob): Promise<Blob> {
    const { pixels, width, height } = shownPicture(await decode(file), THUMBNAIL_SIDE);
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
    return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
  }

  /** Teaches a network new classes; the one that is open stays as it is. */
  async teach(
    base: LessonBase,
    request: LessonRequest,
    onEvent: (event: LessonEvent) => void,
  ): Promise<Lesson> {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    if (this.teaching?.key !== base.key) {
      this.teaching?.teacher.dispose();
      this.teaching = undefined;
      const { Teacher } = await import('./teacher');
      const network = await openPlace(base.place, base.reading, () => undefined);
      this.teaching = { key: base.key, teacher: new Teacher(network, this.choice) };
    }
    return this.teaching.teacher.teach(request, { onEvent, signal });
  }

  /** Ends a lesson after the current batch. */
  stop(): void {
    this.stopping?.abort(new Error('Stopped.'));
  }

  /** A taught network in another format. */
  async convert(file: Blob, format: ExportFormat, title: string): Promise<Blob> {
    const { convertModel } = await import('./convert-model');
    return convertModel(file, format, title);
  }

  private opened(): Classifier {
    if (this.classifier === undefined) throw new ZooError('unsupported', 'Expected an open model first.');
    return this.classifier;
  }

  /** One after the other, so that no model is disposed under a picture. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.queue.then(work, work);
    this.queue = result.catch(() => undefined);
    return result;
  }
}

function decode(file: Blob): Promise<DecodedImage> {
  return decodeImage(file, {
    pixelLimit: PIXEL_LIMIT,
    source: file instanceof File && file.name !== '' ? file.name : 'the picture',
  });
}
