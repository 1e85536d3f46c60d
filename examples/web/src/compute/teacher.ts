import * as tfl from '@tensorflow/tfjs-layers';
import { openModel, type Classifier } from '@zoo/classify';
import { modelMetadata, updateModelMetadata, ZooError, type BatchSource } from '@zoo/core';
import { evalTransform, imageBatches, trainTransform, type ReadableImageSet } from '@zoo/data';
import { decodeImage } from '@zoo/data/browser';
import { freeze, pooledFeatures, replaceHead } from '@zoo/resnet';
import { adam, layerDecay, predict, sgd, warmupCosine } from '@zoo/train';
import { trainInWorker, type TrainInWorkerOptions } from '@zoo/train/worker';
import { encodeModelFile } from '@zoo/weights';

import type {
  Depth,
  EngineChoice,
  Lesson,
  LessonEvent,
  LessonPicture,
  LessonRequest,
  PictureAnswer,
} from './compute-types';
import { FeatureMemory } from './feature-memory';
import { PIXEL_LIMIT } from './pixels';
import { startTrainingWorker } from './training-worker';

const SEED = 1;
const BATCH_SIZE = 16;

/** How a lesson is watched and stopped. */
export interface LessonWatch {
  readonly onEvent: (event: LessonEvent) => void;
  readonly signal: AbortSignal;
}

/** Teaches a network new classes, and remembers what it sees in each picture. */
export class Teacher {
  private readonly memory: FeatureMemory;

  /**
   * @param base A network of the teacher's own: its features are learnt from, and it stays as it is.
   * @param engine What lessons are computed on.
   */
  constructor(
    private readonly base: Classifier,
    private readonly engine: EngineChoice,
  ) {
    // A network without preprocessing of its own keeps what the visitor chose.
    updateModelMetadata(base.model, { ...modelMetadata(base.model), preprocessing: base.preprocessing });
    this.memory = new FeatureMemory(pooledFeatures(base.model));
  }

  async teach(request: LessonRequest, watch: LessonWatch): Promise<Lesson> {
    const since = performance.now();
    const model = await (request.depth === 'classifier'
      ? this.trainClassifier(request, watch)
      : this.trainDeeper(request, request.depth, watch));
    try {
      const answers = await this.answersOf(model, request, watch);
      const heldOut = request.pictures.filter(({ isHeldOut }) => isHeldOut);
      const said = new Map(answers.map(({ id, label }) => [id, label]));
      const right = heldOut.filter(({ id, label }) => said.get(id) === label).length;
      return {
        depth: request.depth,
        classNames: request.classNames,
        pictureCount: request.pictures.length,
        heldOutCount: heldOut.length,
        heldOutAccuracy: heldOut.length === 0 ? undefined : right / heldOut.length,
        answers,
        file: await encodeModelFile(model, 'lesson.h5'),
        durationMs: performance.now() - since,
      };
    } finally {
      this.disposeOwn(model);
    }
  }

  dispose(): void {
    this.base.dispose();
  }

  /** A new classifier on what the frozen network sees, and the network with it; the caller's, but for the layers of the base. */
  private async trainClassifier(request: LessonRequest, watch: LessonWatch): Promise<tfl.LayersModel> {
    const { classNames, epochs } = request;
    await this.remember(request.pictures, watch);
    const { train, heldOut } = partsOf(request.pictures);
    const source = this.memory.source(classNames, train);
    const classifier = tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [...source.imageShape] }),
        tfl.layers.dense({ units: classNames.length, activation: 'softmax', kernelInitializer: 'zeros' }),
      ],
    });
    try {
      await this.train(classifier, watch, {
        train: source,
        ...(heldOut.length > 0 && { validation: this.memory.source(classNames, heldOut) }),
        epochs,
        optimizer: adam({ learningRate: 3e-3 }),
      });
      const model = replaceHead(this.base.model, { classes: classNames.length, seed: SEED });
      model.layers.at(-1)!.setWeights(classifier.layers.at(-1)!.getWeights());
      updateModelMetadata(model, { ...modelMetadata(model), classNames });
      return model;
    } finally {
      classifier.dispose();
    }
  }

  /** More of the network, from an earlier lesson's; batch norms stand still, since few pictures would spoil their averages. */
  private async trainDeeper(
    { classNames, pictures, epochs, startFrom }: LessonRequest,
    depth: Exclude<Depth, 'classifier'>,
    watch: LessonWatch,
  ): Promise<tfl.LayersModel> {
    if (startFrom === undefined) {
      throw new ZooError(
        'unsupported',
        'Expected a taught classifier first. Teach the classifier, then more of the network.',
      );
    }
    const model = await openModel(startFrom);
    try {
      const parts = partsOf(pictures);
      const train = await imageBatches(imageSet(classNames, parts.train), {
        ...trainTransform(model, { scale: [0.4, 1] }),
        batchSize: BATCH_SIZE,
        seed: SEED,
      });
      const validation =
        parts.heldOut.length > 0 && (await this.pictureSource(model, classNames, parts.heldOut));
      const totalSteps = epochs * train.batchesPerEpoch;
      freezeWithNorms(model, depth);
      await this.train(model, watch, {
        train,
        ...(validation && { validation }),
        epochs,
        optimizer: sgd({ momentum: 0.9, nesterov: true, weightDecay: 1e-4 }),
        schedule: warmupCosine({ peak: 0.01, warmupSteps: Math.floor(totalSteps / 10), totalSteps }),
        learningRateFactors: layerDecay(model, { factor: 0.75 }),
        labelSmoothing: 0.1,
      });
      for (const layer of model.layers) layer.trainable = true;
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** Trains in a worker of its own: this one prepares the batches meanwhile, and names pictures. */
  private async train(
    model: tfl.LayersModel,
    { onEvent, signal }: LessonWatch,
    options: Omit<TrainInWorkerOptions, 'worker' | 'epochs'> & { epochs: number },
  ): Promise<void> {
    await trainInWorker(model, {
      ...options,
      worker: startTrainingWorker,
      workerData: this.engine,
      seed: SEED,
      signal,
      onEpoch: ({ epoch, metrics }) =>
        onEvent({
          kind: 'epoch',
          epoch: epoch + 1,
          epochs: options.epochs,
          loss: metrics['loss']!,
          accuracy: metrics['accuracy']!,
          heldOutLoss: metrics['valLoss'],
          heldOutAccuracy: metrics['valAccuracy'],
        }),
    });
  }

  /** Computes the features of pictures that are new. */
  private async remember(
    pictures: readonly LessonPicture[],
    { onEvent, signal }: LessonWatch,
  ): Promise<void> {
    const unknown = pictures.filter(({ id }) => !this.memory.has(id));
    if (unknown.length === 0) return;
    const tell = (done: number) => onEvent({ kind: 'reading', done, total: unknown.length });
    tell(0);
    const { model, classNames } = this.base;
    const source = await imageBatches(
      // Labels play no part in features.
      imageSet(
        classNames,
        unknown.map((picture) => ({ ...picture, label: 0 })),
      ),
      { ...evalTransform(model), batchSize: BATCH_SIZE },
    );
    await this.memory.add(source, { onProgress: tell, signal });
  }

  /** What the taught network says of every picture: from the remembered features where the network is the base's. */
  private async answersOf(
    model: tfl.LayersModel,
    { classNames, pictures, depth }: LessonRequest,
    { signal }: LessonWatch,
  ): Promise<PictureAnswer[]> {
    if (depth !== 'classifier') {
      return answersFrom(
        await predict(model, await this.pictureSource(model, classNames, pictures), { signal }),
      );
    }
    const source = this.memory.source(classNames, pictures);
    const flat = tfl.layers.flatten({ inputShape: [...source.imageShape] });
    const head = tfl.sequential({
      layers: [flat, tfl.layers.dense({ units: classNames.length, activation: 'softmax' })],
    });
    head.layers.at(-1)!.setWeights(model.layers.at(-1)!.getWeights());
    try {
      return answersFrom(await predict(head, source, { signal }));
    } finally {
      head.dispose();
    }
  }

  private pictureSource(
    model: tfl.LayersModel,
    classNames: readonly string[],
    pictures: readonly LessonPicture[],
  ): Promise<BatchSource> {
    return imageBatches(imageSet(classNames, pictures), { ...evalTransform(model), batchSize: BATCH_SIZE });
  }

  /** Frees a taught network, but for what it shares with the base. */
  private disposeOwn(model: tfl.LayersModel): void {
    const shared = new Set(this.base.model.layers);
    for (const layer of model.layers) if (!shared.has(layer)) layer.dispose();
  }
}

function partsOf(pictures: readonly LessonPicture[]) {
  return {
    train: pictures.filter(({ isHeldOut }) => !isHeldOut),
    heldOut: pictures.filter(({ isHeldOut }) => isHeldOut),
  };
}

function imageSet(
  classNames: readonly string[],
  pictures: readonly LessonPicture[],
): ReadableImageSet<{ path: string; label: number; file: Blob }> {
  return {
    classNames,
    examples: pictures.map(({ id, label, file }) => ({ path: id, label, file })),
    readImage: ({ path, file }) => decodeImage(file, { source: path, pixelLimit: PIXEL_LIMIT }),
  };
}

function freezeWithNorms(model: tfl.LayersModel, depth: Depth): void {
  freeze(model, depth === 'lastStage' ? 'stage3' : null);
  for (const layer of model.layers)
    if (layer.getClassName() === 'BatchNormalization') layer.trainable = false;
}

function answersFrom(scores: readonly { source: string; probabilities: Float32Array }[]): PictureAnswer[] {
  return scores.map(({ source, probabilities }) => {
    const probability = Math.max(...probabilities);
    return { id: source, label: probabilities.indexOf(probability), probability };
  });
}
