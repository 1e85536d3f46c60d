import * as tfl from '@tensorflow/tfjs-layers';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';

import { bounded, boundedError } from '../../../test-support/bounded';
import { inspectWeights, loadTorchWeights, writeSafetensors } from '../src/index';

type Piece = number | string | Buffer;

/** Bytes of a pickle from operations, texts of Latin-1 and what others made. */
function bytes(...pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === 'number'
        ? Buffer.of(piece)
        : typeof piece === 'string'
          ? Buffer.from(piece, 'latin1')
          : piece,
    ),
  );
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  return buffer;
}

const text = (value: string) => bytes('X', int32(Buffer.byteLength(value)), Buffer.from(value));
const global = (module: string, name: string) => bytes('c', `${module}\n${name}\n`);
const int = (value: number) => bytes('J', int32(value));
const dictionary = (...items: readonly Buffer[]) => bytes('}', '(', ...items, 'u');
const protocol = bytes(0x80, 2);

/** `_rebuild_tensor_v2` of four float32 numbers in storage '0'. */
function tensor(): Buffer {
  const storage = bytes(
    '(',
    text('storage'),
    global('torch', 'FloatStorage'),
    text('0'),
    text('cpu'),
    int(4),
    't',
    'Q',
  );
  const shape = bytes('(', int(2), int(2), 't');
  const strides = bytes('(', int(2), int(1), 't');
  const hooks = bytes(global('collections', 'OrderedDict'), ')', 'R');
  return bytes(
    global('torch._utils', '_rebuild_tensor_v2'),
    '(',
    storage,
    int(0),
    shape,
    strides,
    0x89,
    hooks,
    't',
    'R',
  );
}

const archive = (pickle: Buffer) =>
  zipSync({ 'a/data.pkl': bytes(protocol, pickle, '.'), 'a/data/0': new Uint8Array(16) }, { level: 0 });

/** A file of PyTorch before 1.6. */
function legacy(pickle: Buffer, keys: Buffer, data: Buffer): Buffer {
  const magic = Buffer.from('6cfc9c46f9206aa85019', 'hex');
  const head = bytes(protocol, 0x8a, 10, magic, '.', protocol, 'M', 0xe9, 3, '.', protocol, '}', '.');
  return bytes(head, protocol, pickle, '.', protocol, keys, '.', data);
}

/** A list that holds itself twice, in 2^60 ways. */
function doubledList(): Buffer {
  const levels = Array.from({ length: 60 }, (_, i) => bytes(']', '(', 'h', i, 'h', i, 'e', 'q', i + 1));
  return bytes(']', text('a'), 'a', 'q', 0, ...levels);
}

const quickError = (file: Uint8Array) => boundedError(() => inspectWeights(file));

describe('a pickle', () => {
  it('that names a class by a list that doubles sixty times is refused at once', async () => {
    const error = await quickError(archive(bytes(doubledList(), text('x'), 0x93)));
    expect(error.message).toMatch(/is no sound pickle/);
  });

  it('that names storages by such a list is refused at once', async () => {
    const keys = bytes(']', doubledList(), 'a');
    const file = legacy(dictionary(text('x.weight'), tensor()), keys, Buffer.alloc(24));
    expect((await quickError(file)).message).toMatch(/lacks its list of storages/);
  });

  it('that lists more storages than a network has is refused before their lengths are read', async () => {
    const keys = bytes(']', '(', Buffer.alloc(2 * 900_000, 'K\x01'), 'e');
    const file = legacy(dictionary(text('x.weight'), tensor()), keys, Buffer.alloc(8_000_000));
    expect((await quickError(file)).message).toMatch(/lists 900000 tensors/);
  });

  it('that rebuilds a parameter from itself is refused', async () => {
    const parameter = bytes(
      global('torch._utils', '_rebuild_parameter'),
      ']',
      'q',
      0,
      'R',
      'q',
      1,
      'h',
      0,
      'h',
      1,
      'a',
      '0',
    );
    await quickError(archive(dictionary(text('x.weight'), parameter)));
  });

  it('of a class whose name would colour a terminal shows it escaped, and cut', async () => {
    const error = await quickError(archive(global(`\u001b[31m${'x'.repeat(100_000)}`, 'y')));
    expect(error.message).toContain('\\u001b[31m');
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(400);
  });

  it('that makes a dictionary of one long list again and again is refused soon', async () => {
    const pair = bytes('(', 'K', 1, 'K', 2, 't');
    const list = bytes(']', '(', Buffer.concat(Array.from({ length: 50_000 }, () => pair)), 'e', 'q', 1);
    const again = bytes('h', 0, '(', 'h', 1, 't', 'R', '0');
    const calls = Buffer.concat(Array.from({ length: 20_000 }, () => again));
    const file = archive(bytes(global('collections', 'OrderedDict'), 'q', 0, list, calls));
    expect((await quickError(file)).message).toMatch(/a pickle beyond any sound size/);
  });

  it.each([
    ['dictionaries', '}'],
    ['views of bytes', 'C\u0000'],
    ['classes', 'ctorch\nSize\n'],
  ])('of millions of %s is refused soon, and takes little memory', async (_, operation) => {
    const file = archive(Buffer.alloc(4_000_000 * operation.length, operation, 'latin1'));
    expect((await quickError(file)).message).toMatch(/a pickle beyond any sound size/);
  });

  it('whose dictionary is itself under each of its keys gives its weights soon', async () => {
    const keys = ['state_dict', 'model_state_dict', 'model', 'net', 'network', 'weights', 'params', 'module'];
    const names = Array.from({ length: 20_000 }, (_, i) => bytes(text(`t${i}`), 'h', 1));
    const file = archive(
      bytes(
        ...[tensor(), 'q', 1, '0', '}', 'q', 0, '(', ...names],
        ...keys.map((key) => bytes(text(key), 'h', 0)),
        'u',
      ),
    );
    expect(await bounded(() => inspectWeights(file))).toMatchObject({ tensors: { length: 20_000 } });
  });

  it('with 300,000 losses beside the weights gives the weights', async () => {
    const losses = bytes(']', '(', Buffer.concat(Array.from({ length: 300_000 }, () => bytes('K', 1))), 'e');
    const value = dictionary(
      text('state_dict'),
      dictionary(text('fc.weight'), tensor()),
      text('losses'),
      losses,
    );
    const data = Buffer.alloc(8 + 16);
    data.writeBigInt64LE(4n);
    for (let i = 0; i < 4; i++) data.writeFloatLE(i, 8 + 4 * i);
    const model = tfl.sequential({ name: 'one' });
    model.add(tfl.layers.dense({ name: 'predictions', units: 2, useBias: false, inputShape: [2] }));
    await bounded(() => loadTorchWeights(model, legacy(value, bytes(']', text('0'), 'a'), data)));
    expect([...model.getWeights()[0]!.dataSync()]).toEqual([0, 2, 1, 3]);
    model.dispose();
  });
});

it('80,000 tensors are listed in two seconds of the processor', async () => {
  const values = new Float32Array(1);
  const names = Array.from({ length: 80_000 }, (_, i) => [`t${i}`, { shape: [1], values }] as const);
  const file = writeSafetensors(names, { format: 'tf' });
  expect(await bounded(() => inspectWeights(file))).toMatchObject({ tensors: { length: 80_000 } });
});
