import type { BatchSource, JsonValue } from '@zoo/core';
import type { ModelParts } from '@zoo/weights';

import type { StepRecord } from '../callbacks/callback';
import type { PlainFitOptions } from '../fit-options';
import type { EpochRecord, History } from '../history';
import type { Progress } from '../progress-clock';

import type { SentError } from './sent-error';
import type { SentOptimizer, SentSchedule } from './sent-rules';

/** What the two sides say to each other is of this form; one that is not is somebody else's message. */
export const PROTOCOL = '@zoo/train 1';

/** What is read of a port's events. */
export interface PortEvent {
  /** Of a message. */
  readonly data?: unknown;
  /** Of an error: what went wrong, where that is known. */
  readonly message?: string;
}

/** One end of the connection between page and worker: a Worker, a worker's global scope, or a MessagePort. */
export interface TrainingPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: string, listener: (event: PortEvent) => void): void;
  removeEventListener(type: string, listener: (event: PortEvent) => void): void;
  /** A MessagePort holds messages back until then. */
  start?(): void;
}

/** Which of a run's two sources a stream reads. */
export type SourceName = 'train' | 'validation';

/** All of a source but its batches. */
export interface SentSource {
  readonly classNames: readonly string[];
  readonly preprocessing: BatchSource['preprocessing'];
  readonly imageShape: BatchSource['imageShape'];
  readonly sizeVaries: boolean;
  readonly isMultiLabel: boolean;
  readonly exampleCount: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  readonly settings: Readonly<Record<string, JsonValue>> | undefined;
}

/** A batch whose values are transferred. */
export interface SentBatch {
  readonly images: Float32Array<ArrayBuffer>;
  readonly imagesShape: readonly number[];
  readonly labels: Float32Array<ArrayBuffer>;
  readonly labelsShape: readonly number[];
  readonly sources: readonly string[];
}

/** One update, as the page receives it. */
export interface WorkerStep extends StepRecord, Progress {
  /** The current epoch, from 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  readonly batchesPerEpoch: number;
}

/** Values of a model's weights by name. */
export type SentWeights = ReadonlyMap<string, Float32Array | Int32Array>;

/** A run as the page sets it up. */
export interface Setup {
  readonly model: ModelParts;
  readonly sources: Readonly<Partial<Record<SourceName, SentSource>>>;
  readonly options: Partial<PlainFitOptions>;
  readonly optimizer: SentOptimizer | undefined;
  /** True where the page has a schedule, which the worker asks for once it knows how many updates there will be. */
  readonly hasSchedule: boolean;
  readonly learningRateFactors: ReadonlyMap<string, number> | undefined;
  readonly progressIntervalMs: number;
  readonly sendsEachEpoch: boolean;
  readonly workerData: unknown;
}

/** What the page says. */
export type PageMessage =
  | { readonly type: 'begin'; readonly setup: Setup }
  | { readonly type: 'schedule'; readonly schedule: SentSchedule }
  | { readonly type: 'batch'; readonly stream: number; readonly batch: SentBatch | undefined }
  | { readonly type: 'sourceFailed'; readonly stream: number }
  | { readonly type: 'abort' }
  | { readonly type: 'stop'; readonly reason: string };

/** What the worker says. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'scheduleWanted'; readonly steps: number }
  | {
      readonly type: 'open';
      readonly stream: number;
      readonly source: SourceName;
      readonly epoch: number;
      readonly firstBatch: number;
    }
  /** Asks for one more batch: the page makes none that is not asked for. */
  | { readonly type: 'next'; readonly stream: number }
  | { readonly type: 'close'; readonly stream: number }
  | { readonly type: 'step'; readonly step: WorkerStep }
  | { readonly type: 'epoch'; readonly record: EpochRecord; readonly weights: SentWeights | undefined }
  | {
      readonly type: 'finished';
      readonly history: History;
      readonly weights: SentWeights;
      readonly metadata: unknown;
    }
  | { readonly type: 'aborted' }
  | { readonly type: 'failed'; readonly error: SentError };

/** Sends a message of ours; `transfer` lists the buffers that go over and are gone here. */
export function send(
  port: Pick<TrainingPort, 'postMessage'>,
  message: PageMessage | WorkerMessage,
  transfer: ArrayBuffer[] = [],
): void {
  port.postMessage({ protocol: PROTOCOL, message }, transfer);
}

/** Calls `onMessage` with each message of ours, and `onStranger` with what another version says; returns what ends it. */
export function listen(
  port: TrainingPort,
  onMessage: (message: never) => void,
  onStranger: (protocol: string) => void,
): () => void {
  const listener = ({ data }: PortEvent): void => {
    const { protocol, message } = (data ?? {}) as { protocol?: unknown; message?: never };
    if (typeof protocol !== 'string' || !protocol.startsWith('@zoo/train ')) return;
    if (protocol === PROTOCOL) onMessage(message!);
    else onStranger(protocol);
  };
  port.addEventListener('message', listener);
  port.start?.();
  return () => port.removeEventListener('message', listener);
}

/** The buffers of arrays, for {@link send}. */
export function buffersOf(arrays: Iterable<Float32Array | Int32Array>): ArrayBuffer[] {
  return [...new Set([...arrays].map(({ buffer }) => buffer as ArrayBuffer))];
}
