import { createResnet, resnetNames } from '@zoo/resnet';
import { describe, expect, it } from 'vitest';

import { run } from '../src';
import { PARAMETER_COUNTS } from '../src/models/parameter-counts';

import { recordedIo } from './recorded-io';

describe('zoo models', () => {
  it('lists every name of the family with its parameters', async () => {
    const io = recordedIo();
    expect(await run(['models', '--json'], io)).toBe(0);
    const models = JSON.parse(io.output()) as { name: string; parameters: number | null }[];
    expect(models.map(({ name }) => name)).toEqual(resnetNames());
    expect(models.filter(({ parameters }) => parameters === null)).toEqual([]);
  });

  it.each(['resnet10', 'resnet18', 'resnet20', 'resnet56', 'preactivation_resnet18'])(
    'knows the parameters of %s',
    (name) => {
      const model = createResnet(name, { kernelInitializer: 'zeros' });
      const parameters = model.countParams();
      model.dispose();
      expect(PARAMETER_COUNTS[name]).toBe(parameters);
    },
  );

  it('prints a table for people', async () => {
    const io = recordedIo();
    await run(['models'], io);
    expect(io.output()).toMatch(/^name +parameters$/m);
    expect(io.output()).toMatch(/^resnet50 +25,636,712$/m);
  });
});

describe('zoo engines', () => {
  it('prints a line for every engine', async () => {
    const io = recordedIo();
    expect(await run(['engines', '--engine', 'cpu'], io)).toBe(0);
    expect(io.output()).toMatch(/^cpu +chosen/m);
    expect(io.output().trim().split('\n')).toHaveLength(6);
  });

  it('prints JSON for programs', async () => {
    const io = recordedIo();
    await run(['engines', '--json', '--engine', 'cpu'], io);
    expect(JSON.parse(io.output())).toMatchObject({ name: 'cpu', passedOver: [] });
  });
});
