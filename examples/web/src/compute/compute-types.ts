import type { ClassProbability } from '@zoo/classify';
import type { EngineName } from '@zoo/engine';

/** What the page may run on, the quickest first; `auto` takes the best that is present. */
export const ENGINE_CHOICES = ['auto', 'webgpu', 'webgl', 'wasm-threads', 'wasm'] as const;

/** An engine to ask for. */
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** What runs. */
export interface RunningEngine {
  readonly name: EngineName;
  /** Threads it computes on, where that is known. */
  readonly threads: number | undefined;
  readonly reason: string;
}

/** Names of models that are one file, by their endings. */
export const MODEL_FILE = /\.(h5|hdf5|keras|pth|pt|th|safetensors)$/i;

/** Where a model lies. */
export type ModelPlace =
  /** The network that comes with the page. */
  | { readonly kind: 'professions'; readonly address: string }
  /** One file, or the files of a folder. */
  | { readonly kind: 'files'; readonly files: readonly File[]; readonly title: string }
  /** An address, or the name of published weights. */
  | { readonly kind: 'address'; readonly address: string };

/** What a model's file may leave open. */
export interface ModelReading {
  readonly normalization?: 'torch' | 'caffe' | 'tf' | 'scale' | 'raw';
  /** Height and width of the input, in pixels. */
  readonly imageSize?: readonly [number, number];
  readonly classNames?: readonly string[];
}

/** A network to start lessons from. */
export interface LessonBase {
  /** Another for another network, by which what was computed of it is known again. */
  readonly key: number;
  readonly place: ModelPlace;
  readonly reading: ModelReading;
}

/** A model that is open. */
export interface OpenedModel {
  readonly title: string;
  readonly classNames: readonly string[];
  readonly imageSize: readonly [height: number, width: number];
  readonly parameters: number;
  readonly durationMs: number;
}

/** Pixels of a picture, 4 bytes each. */
export interface Rgba {
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/** What the model makes of a picture. */
export interface Answer {
  readonly predictions: readonly ClassProbability[];
  /** The picture, small enough to show. */
  readonly shown: Rgba;
  readonly decodingMs: number;
  readonly answeringMs: number;
}

/** Where a picture speaks for a class: two layers of one size. */
export interface Heat {
  readonly className: string;
  readonly probability: number;
  /** The part of the picture that the model sees. */
  readonly seen: Rgba;
  readonly colors: Rgba;
}

/** How much of the network learns. */
export type Depth = 'classifier' | 'lastStage' | 'everything';

/** A picture to learn from, or to test with. */
export interface LessonPicture {
  readonly id: string;
  readonly file: Blob;
  /** The number of its class. */
  readonly label: number;
  /** True for one that is never trained on, to measure with. */
  readonly isHeldOut: boolean;
}

/** What to teach. */
export interface LessonRequest {
  readonly classNames: readonly string[];
  readonly pictures: readonly LessonPicture[];
  readonly depth: Depth;
  /** Passes over the pictures. */
  readonly epochs: number;
  /** A taught network, as `.h5`, that more than the classifier is to be trained of; else the base with a new classifier. */
  readonly startFrom?: Blob;
}

/** News of a lesson. */
export type LessonEvent =
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
  | {
      readonly kind: 'epoch';
      /** From 1. */
      readonly epoch: number;
      readonly epochs: number;
      readonly loss: number;
      readonly accuracy: number;
      readonly heldOutLoss: number | undefined;
      readonly heldOutAccuracy: number | undefined;
    };

/** What the taught network says of one of the lesson's pictures. */
export interface PictureAnswer {
  readonly id: string;
  readonly label: number;
  readonly probability: number;
}

/** What a lesson came to. */
export interface Lesson {
  readonly depth: Depth;
  readonly classNames: readonly string[];
  readonly pictureCount: number;
  readonly heldOutCount: number;
  /** The share of the held-out pictures that is named right; undefined without any. */
  readonly heldOutAccuracy: number | undefined;
  readonly durationMs: number;
  readonly answers: readonly PictureAnswer[];
  /** The whole network as Keras' `.h5`, class names and preprocessing included. */
  readonly file: Blob;
}

/** Files that a taught network is handed out as; `zip` holds a folder in TensorFlow.js' format, which `zoo predict` takes. */
export const EXPORT_FORMATS = ['h5', 'keras', 'safetensors', 'onnx', 'zip'] as const;

/** One of them. */
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
