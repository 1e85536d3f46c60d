import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { classIndexJson, formatPredictions, parseClassIndex, topClasses, topLabels } from '../src';

describe('parseClassIndex', () => {
  it('sorts by label whatever the order of the keys, and reads the other forms', () => {
    expect(
      parseClassIndex(
        '{"10": "k", "9": "j", "2": "c", "0": "a", "1": "b", "3": "d", "4": "e", "5": "f", "6": "g", "7": "h", "8": "i"}',
      ),
    ).toEqual('a b c d e f g h i j k'.split(' '));
    expect(parseClassIndex({ '1': ['n2', 'dog'], '0': ['n1', 'cat'] })).toEqual(['cat', 'dog']);
    expect(parseClassIndex({ dog: 1, cat: 0 })).toEqual(['cat', 'dog']);
    expect(parseClassIndex(['cat', 'dog'])).toEqual(['cat', 'dog']);
  });

  it.each([
    ['chef\ndoctor\n', ['chef', 'doctor']],
    ['0 chef\r\n1 head waiter\r\n', ['chef', 'head waiter']],
    ['2 fast\n2 furious', ['2 fast', '2 furious']],
  ])('reads the lines of %j', (text, names) => {
    expect(parseClassIndex(text)).toEqual(names);
  });

  it('refuses a value that is no index', () => {
    expect(() => parseClassIndex(3)).toThrow(/an object or a list/);
  });

  it.each([
    ['{', /can't be parsed/],
    ['{}', /at least one class/],
    ['[]', /at least one class/],
    ['', /JSON or one name a line/],
    ['<html>', /JSON or one name a line/],
    ['{"0": "a", "2": "b"}', /the labels from 0 to 1, once each/],
    ['{"0": "a", "zero": "b"}', /the labels from 0 to 1/],
    ['{"a": 0, "b": 0}', /once each/],
    ['{"0": ""}', /a name for label 0/],
  ])('refuses %s', (json, message) => {
    expect(() => parseClassIndex(json, 'classes.json')).toThrow(message);
    expect(() => parseClassIndex(json, 'classes.json')).toThrow('classes.json');
  });
});

describe('classIndexJson', () => {
  it('is read back as it was written', () => {
    const names = fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(names, (classNames) => {
        expect(parseClassIndex(classIndexJson(classNames))).toEqual(classNames);
      }),
    );
  });
});

describe('topLabels', () => {
  it('puts equals in label order and what is no number last', () => {
    expect(topLabels([Number.NaN, 0.5, 0.7, 0.5], 4)).toEqual([2, 1, 3, 0]);
  });
});

describe('formatPredictions', () => {
  it('prints a float32 probability as Python prints its item times 100', () => {
    const probabilities = Float32Array.of(0.9938194155693054, 0.0032554694917052984, 0.0026046386919915676);
    const classes = topClasses(probabilities, ['police', 'doctor', 'engineer'], 2);
    expect(formatPredictions(classes)).toBe('police : 99.38194155693054\ndoctor : 0.32554694917052984');
  });

  it('names the most probable classes first', () => {
    expect(topClasses([0.1, 0.7, 0.2], ['a', 'b', 'c'], 5).map(({ className }) => className)).toEqual([
      'b',
      'c',
      'a',
    ]);
  });
});
