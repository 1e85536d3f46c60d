import { readdirSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it, vi } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { loadKerasWeights } from '../src/index';
import { loadLayersModel, saveKerasWeights, saveLayersModel } from '../src/node';

import { nestedModel, randomizeWeights, weightValues, zeroWeights } from './support/small-models';

const life = vi.hoisted(() => ({ left: Infinity }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const { mortalDisk } = await import('../../../test-support/mortal-disk');
  return mortalDisk(await importOriginal<typeof fileSystem>(), life);
});

const place = temporaryDirectory();

type Save = (model: tfl.LayersModel, folder: string) => Promise<void>;
type Load = (folder: string) => Promise<tfl.LayersModel>;

const saveShards: Save = (model, folder) =>
  saveKerasWeights(model, join(folder, 'x.weights.json'), { maxShardBytes: 300 });
const loadShards: Load = async (folder) => {
  const model = nestedModel();
  zeroWeights(model);
  await loadKerasWeights(model, join(folder, 'x.weights.json'));
  return model;
};
const saveModel: Save = (model, folder) => saveLayersModel(model, folder, { shardSizeBytes: 1024 });

describe('a save in several files, killed before any of its changes of the disk,', () => {
  it.each([
    ['Keras shards', saveShards, loadShards],
    ['a LayersModel', saveModel, loadLayersModel],
  ])('leaves the old weights or the new ones, never a mixture: %s', async (name, save, load) => {
    const [old, fresh] = [nestedModel(), randomizeWeights(nestedModel(), 2)];
    const outcomes = { old: 0, fresh: 0 };
    for (let moment = 0, isOver = false; !isOver; moment++) {
      const folder = place(`${name} ${moment}`);
      await mkdir(folder);
      await save(old, folder);
      life.left = moment;
      isOver = await save(fresh, folder).then(
        () => true,
        () => false,
      );
      life.left = Infinity;
      const loaded = await load(folder);
      const values = weightValues(loaded);
      loaded.dispose();
      const isOld = JSON.stringify(values) === JSON.stringify(weightValues(old));
      if (!isOld) expect(values).toEqual(weightValues(fresh));
      outcomes[isOld ? 'old' : 'fresh']++;
      // A save that goes through leaves nothing of those before it.
      await save(fresh, folder);
      if (isOver) expect(readdirSync(folder).filter((file) => file.startsWith('.'))).toEqual([]);
    }
    expect(Math.min(outcomes.old, outcomes.fresh)).toBeGreaterThan(1);
    old.dispose();
    fresh.dispose();
  });
});
