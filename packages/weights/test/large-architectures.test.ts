import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';

import { bounded, boundedError } from '../../../test-support/bounded';
import { modelFromKerasJson } from '../src/index';

type Json = Record<string, unknown>;

/** A layer that is called on one tensor, or on none. */
function layer(name: string, from?: string): Json {
  const config =
    from === undefined ? { name, batch_input_shape: [null, 3] } : { name, activation: 'relu' as const };
  const inbound = from === undefined ? [] : [[[from, 0, 0, {}]]];
  return {
    class_name: from === undefined ? 'InputLayer' : 'Activation',
    name,
    config,
    inbound_nodes: inbound,
  };
}

function functional(name: string, layers: readonly Json[], outputs: readonly unknown[]): Json {
  const config = { name, layers, input_layers: [['l0', 0, 0]], output_layers: outputs };
  return { class_name: 'Functional', name, config };
}

/** `l0`, `l1`, ... each called on what `from` gives of its number. */
function layers(count: number, from: (index: number) => string): Json[] {
  return Array.from({ length: count }, (_, i) => layer(`l${i}`, i === 0 ? undefined : from(i)));
}

const ends = (list: readonly Json[]) => list.map(({ name }) => [name, 0, 0]);

function build(json: Json): Promise<tfl.LayersModel> {
  return modelFromKerasJson(new TextEncoder().encode(JSON.stringify(json)));
}

/** How building ends, which takes less than two seconds of the processor. */
async function soon(json: Json): Promise<string> {
  const outcome = await bounded(() => build(json));
  if (outcome instanceof Error) return outcome.message;
  outcome.dispose();
  return `${outcome.layers.length} layers`;
}

describe('a functional model whose layers are listed in reverse', () => {
  it('is built as the one that lists them in order', async () => {
    const inOrder = await build(
      functional(
        'm',
        layers(50, (i) => `l${i - 1}`),
        [['l49', 0, 0]],
      ),
    );
    const list = layers(50, (i) => `l${i - 1}`).reverse();
    const model = await build(functional('m', list, [['l49', 0, 0]]));
    expect(model.layers.map(({ name }) => name)).toEqual(inOrder.layers.map(({ name }) => name));
    model.dispose();
    inOrder.dispose();
  });

  it.each([2500, 6000, 20_000])('answers soon: %i layers', async (count) => {
    const list = layers(count, (i) => `l${i - 1}`).reverse();
    const outcome = await soon(functional('m', list, [[`l${count - 1}`, 0, 0]]));
    // TensorFlow.js' own recursion may end between the first two.
    expect(outcome).toMatch(/^\d+ layers$|Maximum call stack|of more than 6000 layers/);
  });

  it('names the calls of a circle in their order in the file', async () => {
    const circle = [layer('l2', 'l1'), layer('l1', 'l2'), layer('l0'), layer('l3', 'l0')];
    await expect(build(functional('m', circle, [['l3', 0, 0]]))).rejects.toThrow(
      'connects "l2", "l1" to nothing or in a circle',
    );
  });

  it.each(['l0', 'l1'])('makes the calls of one layer in their order, the input called %s', async (from) => {
    // The second call's input is there before the first one's.
    const twice = { ...layer('twice', 'l0'), inbound_nodes: [[['l1', 0, 0, {}]], [[from, 0, 0, {}]]] };
    const list = [twice, layer('l1', 'l0'), layer('l0')];
    const model = await build(
      functional('m', list, [
        ['twice', 0, 0],
        ['twice', 1, 0],
      ]),
    );
    const [first, second] = model.outputs;
    expect([first!.nodeIndex, second!.nodeIndex]).toEqual([0, 1]);
    expect(model.getLayer('twice').inboundNodes.map(({ inboundLayers }) => inboundLayers[0]!.name)).toEqual([
      'l1',
      from,
    ]);
    model.dispose();
  });
});

describe('an architecture answers soon', () => {
  it.each([
    ['with 5,999 layers on one input', 5999, 900],
    ['with 20,000 layers on one input', 20_000, 900],
    ['with 5,998 outputs', 5999, 5998],
  ])('%s', async (_, count, outputs) => {
    const list = layers(count, () => 'l0');
    const outcome = await soon(functional('m', list, ends(list.slice(-outputs))));
    expect(outcome).toMatch(/^901 layers$|of more than (6000 layers|1000 inputs or outputs)/);
  });

  it('of sixteen models in each other, each called ten times', async () => {
    let inner = functional(
      'm0',
      layers(2, () => 'l0'),
      [['l1', 0, 0]],
    );
    for (let depth = 1; depth < 16; depth++) {
      const name = inner['name'] as string;
      const calls = Array.from({ length: 10 }, (_, i) => [[i === 0 ? 'l0' : name, i, 0, {}]]);
      inner = functional(`m${depth}`, [layer('l0'), { ...inner, inbound_nodes: calls }], [[name, 10, 0]]);
    }
    expect(await soon(inner)).toMatch(/of more than 20000 calls of layers/);
  });

  it('whose layer takes one tensor 100,000 times', async () => {
    const sum = {
      ...layer('sum', 'l0'),
      class_name: 'Add',
      inbound_nodes: [Array(100_000).fill(['l0', 0, 0])],
    };
    expect(await soon(functional('m', [layer('l0'), sum], [['sum', 0, 0]]))).toMatch(
      /of more than 20000 calls of layers/,
    );
  });
});

it('an output that is listed twice is refused, instead of being printed by TensorFlow.js', async () => {
  const outputs = [
    ['l1', 0, 0],
    ['l1', 0, 0],
  ];
  await expect(
    build(
      functional(
        'm',
        layers(2, () => 'l0'),
        outputs,
      ),
    ),
  ).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('lists "l1" twice') as string,
  });
});

it('a layer that leads to no output leaves no weights behind', async () => {
  const dense = (name: string) => ({ ...layer(name, 'l0'), class_name: 'Dense', config: { name, units: 2 } });
  const before = tf.memory().numTensors;
  const model = await build(functional('m', [layer('l0'), dense('used'), dense('unused')], [['used', 0, 0]]));
  expect(model.layers.map(({ name }) => name)).toEqual(['l0', 'used']);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it.each(['Dense', 'Functional'])(
  'a %s that is called three times gives its weights back with its model',
  async (kind) => {
    const dense = { ...layer('d', 'l0'), class_name: 'Dense', config: { name: 'd', units: 3 } };
    const inner = kind === 'Dense' ? dense : functional('d', [layer('l0'), dense], [['d', 0, 0]]);
    const calls = [0, 1, 2].map((i) => [[i === 0 ? 'l0' : 'd', Math.max(0, i - 1), 0, {}]]);
    const before = tf.memory().numTensors;
    const model = await build(
      functional('m', [layer('l0'), { ...inner, inbound_nodes: calls }], [['d', 2, 0]]),
    );
    expect(tf.memory().numTensors).toBe(before + 2);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  },
);

it.each([
  ['an architecture', (json: object) => JSON.stringify(json)],
  ['what is around it', (json: object) => `${'['.repeat(5000)}${JSON.stringify(json)}${']'.repeat(5000)}`],
])('JSON whose nesting would overflow a stack is refused: %s', async (_, write) => {
  let list: unknown = ['l0', 0, 0];
  for (let depth = 0; depth < 4000; depth++) list = [list];
  const json = functional('m', [layer('l0')], [list]);
  await expect(modelFromKerasJson(new TextEncoder().encode(write(json)))).rejects.toThrow('nested too deep');
});

it('JSON of millions of empty lists is refused before they take memory', async () => {
  const text = new TextEncoder().encode(`[${'[],'.repeat(4_000_000)}0]`);
  const { message } = await boundedError(() => modelFromKerasJson(text));
  expect(message).toMatch('too many lists and objects');
});
