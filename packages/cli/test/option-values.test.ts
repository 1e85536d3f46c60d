import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { imageSizeOption, integerOption, numberOption, renameOption } from '../src/option-values';

describe('integerOption', () => {
  it('reads back every whole number in its range', () => {
    fc.assert(fc.property(fc.nat(), (value) => integerOption(0)(`${value}`) === value));
  });

  it.each(['', ' ', '1e3', '0x10', '-1', '1_000', '9007199254740993', 'NaN'])('refuses %j', (text) => {
    expect(() => integerOption(0)(text)).toThrow('Expected a whole number of at least 0.');
  });

  it('names both ends of a range', () => {
    expect(() => integerOption(1, 1024)('1025')).toThrow('Expected a whole number from 1 to 1024.');
  });
});

describe('numberOption', () => {
  it('reads back every number as JavaScript writes it', () => {
    const positive = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(positive, (value) => numberOption({ minimum: 0 })(`${value}`) === value));
  });

  it.each(['', 'Infinity', '1e999', '1,5', '.', '0.5 '])('refuses %j', (text) => {
    expect(() => numberOption({ minimum: 0 })(text)).toThrow('Expected a number of at least 0.');
  });

  it('keeps out an end that is not its own', () => {
    const share = numberOption({ above: 0, below: 1 });
    expect(share('0.25')).toBe(0.25);
    for (const text of ['0', '1'])
      expect(() => share(text)).toThrow('Expected a number above 0 and below 1.');
  });
});

describe('imageSizeOption', () => {
  it('reads a square and a rectangle', () => {
    expect(imageSizeOption('64')).toEqual([64, 64]);
    expect(imageSizeOption('48x64')).toEqual([48, 64]);
  });

  it.each(['0', '64x0', 'x64', '64X48', '64px', '-64', '1000000'])('refuses %j', (text) => {
    expect(() => imageSizeOption(text)).toThrow('Expected a number of pixels');
  });
});

describe('renameOption', () => {
  it('gathers the names of all its uses', () => {
    expect(renameOption('c=d', renameOption('a=b'))).toEqual({ a: 'b', c: 'd' });
  });

  it.each(['', 'a', 'a=', '=b', 'a=b=c'])('refuses %j', (text) => {
    expect(() => renameOption(text)).toThrow('Expected two names such as');
  });
});
