import * as weights from '@zoo/weights';
import * as weightsOnDisk from '@zoo/weights/node';
import { expect, it } from 'vitest';

import * as train from '../src/index';
import * as trainOnDisk from '../src/node';

/** What loads or saves a model, by name. */
function filesOf(exported: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(exported).filter(([name]) => /^(load|save|export)/.test(name)));
}

it('every loader of @zoo/weights is exported here too', () => {
  expect(Object.keys(filesOf(weights)).length).toBeGreaterThan(5);
  expect(train).toMatchObject(filesOf(weights));
});

it('what loads and saves on disk is exported by the entry for Node', () => {
  const onDisk = Object.entries(filesOf(weightsOnDisk)).filter(([name]) => !(name in weights));
  expect(onDisk.length).toBeGreaterThan(5);
  expect(trainOnDisk).toMatchObject(Object.fromEntries(onDisk));
});
