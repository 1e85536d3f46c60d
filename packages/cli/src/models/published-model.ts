import { existsSync } from 'node:fs';

import type * as tf from '@tensorflow/tfjs';
import { updateModelMetadata } from '@zoo/core';
import { type LoadingOptions, pretrained, type PretrainedEntry } from '@zoo/resnet';
import { pretrainedEntries } from '@zoo/resnet/catalogue';

import { noteLine, type CommandIo } from '../command-io';

/** The published weights called `name`, `resnet50.keras_in1k`, unless that is a file or folder here. */
export function publishedEntry(name: string): PretrainedEntry | undefined {
  if (existsSync(name)) return undefined;
  return pretrainedEntries().find((entry) => entry.name === name);
}

/** Says once that a file is being downloaded, where no cache has it. */
export function downloadNote({ name, url }: PretrainedEntry, io: CommandIo): LoadingOptions {
  let isNoted = false;
  return {
    onProgress({ totalBytes }) {
      if (isNoted) return;
      isNoted = true;
      const size = totalBytes === undefined ? '' : `, ${Math.round(totalBytes / 1e6)} MB`;
      noteLine(io, `${name}: downloading ${url}${size}`);
    },
  };
}

/** The net with those weights; one with a classifier knows ImageNet's classes. The caller disposes it. */
export async function openPublished(entry: PretrainedEntry, io: CommandIo): Promise<tf.LayersModel> {
  const model = await pretrained(entry, downloadNote(entry, io));
  const { IMAGENET_CLASS_INDEX } = await import('@zoo/resnet/imagenet');
  if (model.outputs[0]!.shape.at(-1) !== IMAGENET_CLASS_INDEX.length) return model;
  const classNames = IMAGENET_CLASS_INDEX.map((each) => (typeof each === 'string' ? each : each[1]));
  updateModelMetadata(model, { classNames });
  return model;
}
