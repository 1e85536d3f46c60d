import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fileNamePattern } from '../../src/node/file-name-pattern';
import golden from '../fixtures/number-formats.json';

const VALUES = { epoch: 7, valAccuracy: 0.79334677, valLoss: 1.5, learningRate: 0.00012 };

describe('a file name pattern', () => {
  it.each([
    // What Python's str.format makes of the same fields.
    ['idenprof_weight_model.{epoch:03d}-{val_acc}', 'idenprof_weight_model.007-0.79334677'],
    ['{epoch}-{valAccuracy:.4f}', '7-0.7933'],
    ['{epoch:4d}', '   7'],
    ['{val_loss:06.2f}', '001.50'],
    ['{lr:.1e}', '1.2e-04'],
    ['{val_accuracy:.1%}', '79.3%'],
    ['{{{epoch}}}', '{7}'],
    ['best', 'best'],
  ])('%s gives %s', (pattern, name) => {
    expect(fileNamePattern(pattern).format(VALUES)).toBe(name);
  });

  it('writes numbers as Python does, halves and exponents too', () => {
    for (const [value, texts] of golden.cases as unknown as [number, string[]][]) {
      const written = golden.patterns.map((pattern) =>
        fileNamePattern(pattern).format({ valAccuracy: value }),
      );
      expect({ value, written }).toEqual({ value, written: texts });
    }
    expect(fileNamePattern('{val_loss}-{loss:.2f}').format({ valLoss: NaN, loss: -Infinity })).toBe(
      'nan--inf',
    );
  });

  it.each(['{epoch', 'epoch}', '{}', '{epoch:x}', '{epoch:.2d}', 'a/b', '..', ''])(
    'refuses %j',
    (pattern) => {
      expect(() => fileNamePattern(pattern)).toThrow(/options.pattern/);
    },
  );

  it('keeps text without braces as it is', () => {
    const text = fc.stringMatching(/^[^{}/\\\0.][^{}/\\\0]*$/);
    fc.assert(fc.property(text, (name) => fileNamePattern(name).format({}) === name));
  });
});
