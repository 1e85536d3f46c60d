import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openClassifier } from '@zoo/classify';
import { selectEngine } from '@zoo/engine';
import { readSafetensors } from '@zoo/weights';
import { beforeAll, describe, expect, it } from 'vitest';

import { realData } from '../../../test-support/real-data';
import { idenprofWeights } from '../src';

const CLASS_NAMES = 'chef doctor engineer farmer firefighter judge mechanic pilot police waiter'.split(' ');

beforeAll(async () => {
  const engine = await selectEngine({ prefer: 'wasm', purpose: 'infer' });
  return () => engine.dispose();
});

describe('idenprofWeights', () => {
  it('are at most 12 MB of float16', async () => {
    const bytes = new Uint8Array(await readFile(idenprofWeights()));
    expect(bytes.byteLength).toBeLessThan(12e6);
    const file = readSafetensors(bytes);
    expect(new Set(file.names.map((name) => file.tensor(name)!.type))).toEqual(new Set(['float16']));
  });

  it('open as a classifier that knows its ten professions and how it reads pictures', async () => {
    const classifier = await openClassifier(idenprofWeights());
    const answers = await classifier.classify(
      { width: 2, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 0, 0, 0, 255) },
      { top: 10 },
    );
    expect(answers.map(({ className }) => className).sort()).toEqual(CLASS_NAMES);
    expect(answers.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    classifier.dispose();
  });

  const real = realData('idenprof/test');
  it.skipIf(real.isAbsent)(
    `name the professions on photographs that were never trained on${real.note}`,
    async () => {
      const classifier = await openClassifier(idenprofWeights());
      let right = 0;
      for (const className of CLASS_NAMES) {
        const folder = join(real.path, className);
        const pictures = readdirSync(folder).sort().slice(0, 10);
        const answers = await classifier.classify(
          pictures.map((name) => join(folder, name)),
          { top: 1 },
        );
        right += answers.filter(([best]) => best!.className === className).length;
      }
      classifier.dispose();
      expect(right).toBeGreaterThanOrEqual(75);
    },
  );
});
