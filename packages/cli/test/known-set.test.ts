import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { openDataSets } from '../src/training/data-sets';
import { dataPlace, withAbsolutePaths } from '../src/training/train-config';
import { newTrainSettings } from '../src/training/train-settings';

import { writePictureFolder } from './picture-folder';
import { recordedIo, type RecordedIo } from './recorded-io';

const place = temporaryDirectory('suite');

/** Surroundings whose cache holds a small IdenProf. */
async function ioWithSet(): Promise<RecordedIo> {
  await writePictureFolder(place('cache/sets/idenprof/idenprof/train'), { count: 3 });
  await writePictureFolder(place('cache/sets/idenprof/idenprof/test'), { count: 2, seed: 2 });
  return recordedIo({ environment: { ZOO_CACHE_DIRECTORY: place('cache') } });
}

describe('a known data set as set:<name>', () => {
  it('gives its training part and its test part to validate on, with classes in one order', async () => {
    const { train, validation } = await openDataSets(
      newTrainSettings({ folder: 'set:idenprof' }),
      await ioWithSet(),
    );
    expect([train.examples.length, validation.examples.length]).toEqual([9, 6]);
    expect(validation.classNames).toEqual(train.classNames);
  });

  it('keeps its name where paths become absolute', () => {
    expect(withAbsolutePaths({ validation: 'set:cifar10' }).validation).toBe('set:cifar10');
    expect(dataPlace('pictures', '/data')).toMatch(/pictures$/);
  });

  it('is validated on another folder where one is given', async () => {
    const held = await writePictureFolder(place('held'), { count: 1 });
    const settings = newTrainSettings({ folder: 'set:idenprof', validation: held });
    const { validation } = await openDataSets(settings, await ioWithSet());
    expect(validation.examples).toHaveLength(3);
  });

  it('is inspected in both its parts', async () => {
    const io = await ioWithSet();
    expect(await run(['inspect', 'set:idenprof'], io)).toBe(0);
    expect(io.output()).toMatch(/^class +train +test$/m);
  });

  it('is refused by a name that is not known, with those that are', async () => {
    const io = await ioWithSet();
    expect(await run(['evaluate', place('run'), 'set:mnist'], io)).not.toBe(0);
    expect(io.errors()).toMatch(/set: with one of idenprof, imagenette,.*cifar100 .*set:mnist/);
  });
});
