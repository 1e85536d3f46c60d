import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { strToU8, zipSync } from 'fflate';

const WEIGHTS = 'weights.bin';

/**
 * A folder called `title` in an archive: the model as TensorFlow.js keeps it, which `tf.loadLayersModel` reads and `zoo predict` takes, and a
 * text that says so.
 */
export async function zippedFolder(model: tfl.LayersModel, title: string): Promise<Blob> {
  let files: Record<string, Uint8Array> = {};
  await model.save(
    tf.io.withSaveHandler((artifacts) => {
      files = folderFiles(artifacts, title);
      return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } });
    }),
  );
  // Weights do not compress.
  return new Blob([zipSync(files, { level: 0 })], { type: 'application/zip' });
}

function folderFiles(artifacts: tf.io.ModelArtifacts, title: string): Record<string, Uint8Array> {
  const { weightData, weightSpecs = [], ...described } = artifacts;
  const json = { ...described, weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }] };
  return {
    [`${title}/model.json`]: strToU8(JSON.stringify(json)),
    [`${title}/${WEIGHTS}`]: new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
    [`${title}/README.txt`]: strToU8(
      `A network in TensorFlow.js' format: tf.loadLayersModel reads model.json.\n\nzoo predict ${title} photo.jpg\n`,
    ),
  };
}
