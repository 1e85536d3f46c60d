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

  it.each(['resnet10', 'resnet18', 'slim_resnet18', 'resnet20', 'resnet56', 'preactivation_resnet18'])(
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
    expect(io.output()).toMatch(
      /^hf:timm\/resnetrs50\.tf_in1k +35,745,288 +2\.\d\d G +160 +77\.9 % +79\.9 % at 224 +1,000 +apache-2\.0$/m,
    );
  });

  const listed = async (...flags: string[]) => {
    const io = recordedIo();
    expect(await run(['models', '--json', ...flags], io)).toBe(0);
    return JSON.parse(io.output()) as {
      name: string;
      parameters: number;
      weights: { name: string; top1: number | null; multiplyAdds: number }[];
    }[];
  };

  it('filters networks by family and parameters, and both lists by accuracy', async () => {
    const small = await listed('--family', 'resnetv2', '--max-parameters', '30000000');
    expect(small.map(({ name }) => name)).toContain('resnetv2_50x1_bit');
    expect(small.every(({ name, parameters }) => /^resnetv2_/.test(name) && parameters <= 3e7)).toBe(true);
    const good = await listed('--family', 'resnet', '--min-top1', '83');
    expect(good.length).toBeGreaterThan(0);
    expect(good.map(({ name }) => name)).not.toContain('resnet18');
    expect(good.flatMap(({ weights }) => weights).every(({ top1 }) => top1! >= 83)).toBe(true);
  });

  it('sorts by what is asked for', async () => {
    const byParameters = (await listed('--sort', 'parameters')).map(({ parameters }) => parameters);
    expect(byParameters).toEqual([...byParameters].sort((left, right) => left - right));
    const best = (await listed('--sort', 'top1')).map(({ weights }) =>
      Math.max(...weights.map(({ top1 }) => top1 ?? 0)),
    );
    expect(best).toEqual([...best].sort((left, right) => right - left));
  });

  it('filters and sorts both lists by multiply-adds', async () => {
    const light = await listed('--max-multiply-adds', '2e9', '--sort', 'multiply-adds');
    expect(light.map(({ name }) => name)).toContain('resnet18');
    expect(light.map(({ name }) => name)).not.toContain('resnet101');
    const costs = light.map(({ weights }) => Math.min(...weights.map(({ multiplyAdds }) => multiplyAdds)));
    expect(costs).toEqual([...costs].sort((left, right) => left - right));
    expect(light.flatMap(({ weights }) => weights).every(({ multiplyAdds }) => multiplyAdds <= 2e9)).toBe(
      true,
    );
    const all = await listed('--sort', 'multiply-adds');
    const without = all.findIndex(({ weights }) => weights.length === 0);
    expect(without).toBeGreaterThan(0);
    expect(all.slice(without).every(({ weights }) => weights.length === 0)).toBe(true);
  });

  it('suggests the nearest family', async () => {
    const io = recordedIo();
    expect(await run(['models', '--family', 'seresnet50'], io)).toBe(1);
    expect(io.errors()).toMatch(/Did you mean 'seresnet'\?/);
  });
});

describe('zoo summary', () => {
  it('sums a network up by stages', async () => {
    const io = recordedIo();
    expect(await run(['summary', 'resnet50'], io)).toBe(0);
    expect(io.output()).toMatch(/^conv5 +7 x 7 x 2048 +[\d,]+ +[\d,]+ +[\d.]+ MB +\d+$/m);
    expect(io.output()).toContain('resnet50: 25,636,712 parameters, 25,583,592 of them trainable');
    // 3.86 billion, as the ResNet paper's table 1 says.
    expect(io.output()).toMatch(/one picture: 3,8[56]\d,\d{3},\d{3} multiply-adds/);
  });

  it('lists every layer on demand, for the variant and size that are asked for', async () => {
    const io = recordedIo();
    const asked = ['--layers', '--variant', 'torchvision', '--image-size', '64x96', '--classes', '7'];
    await run(['summary', 'resnet18', ...asked], io);
    expect(io.output()).toMatch(/^conv1_conv +Conv2D +32 x 48 x 64 +9,408$/m);
    expect(io.output()).toMatch(/^predictions +Dense +7 +3,591$/m);
  });

  it('suggests the nearest name', async () => {
    const io = recordedIo();
    expect(await run(['summary', 'resnet51'], io)).toBe(1);
    expect(io.errors()).toMatch(/Did you mean 'resnet5\d'\?/);
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
    expect(JSON.parse(io.output())).toMatchObject({ name: 'cpu', unavailable: [] });
  });
});
