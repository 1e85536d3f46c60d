import { readFile } from 'node:fs/promises';

import { expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { writePictureFolder } from '../test/picture-folder';
import { recordedIo } from '../test/recorded-io';

const place = temporaryDirectory();

it('zoo train takes a known set by name, validates on its test part, and zoo evaluate takes that part', async () => {
  await writePictureFolder(place('cache/sets/idenprof/idenprof/train'), { count: 3 });
  await writePictureFolder(place('cache/sets/idenprof/idenprof/test'), { count: 2, seed: 2 });
  const io = recordedIo({ environment: { ZOO_CACHE_DIRECTORY: place('cache') } });
  const small = ['--model', 'resnet20', '--image-size', '16', '--batch-size', '8', '--engine', 'wasm'];
  const train = ['train', 'set:idenprof', ...small, '--epochs', '1', '--output', place('run')];
  expect(await run(train, io)).toBe(0);
  expect(io.errors()).toContain('data: set:idenprof, 3 classes, 9 pictures to train on and 6 to validate on');
  const settings = JSON.parse(await readFile(place('run/settings.json'), 'utf8')) as { folder: string };
  expect(settings.folder).toBe('set:idenprof');
  expect(await run(['evaluate', place('run'), 'set:idenprof', '--json', '--engine', 'wasm'], io)).toBe(0);
  expect(JSON.parse(io.output().slice(io.output().indexOf('{')))).toMatchObject({ pictures: 6 });
}, 60_000);
