import { expect, test } from 'vitest';

import { expectFreshKernels } from '../src/engines/wasm/expect-fresh-kernels';
import { SOURCES_HASH } from '../src/engines/wasm/generated/sources-hash';
import { platform } from '../src/engines/wasm/platform-node';

test('the compiled kernels carry the hash of the sources here', () => {
  expect(platform.hashSources()).toBe(SOURCES_HASH);
});

test.each([['of yesterday'], [undefined]])(
  'kernels of other sources (%s) are refused with what to run',
  (compiled) => {
    expect(() => {
      expectFreshKernels(compiled, platform.hashSources());
    }).toThrow(
      expect.objectContaining({
        code: 'engine-unavailable',
        message: expect.stringContaining('Run `npx turbo run kernels`') as string,
      }),
    );
  },
);

test('where there are no sources, in the published package, any kernels are fresh', () => {
  expect(() => {
    expectFreshKernels('of yesterday', undefined);
  }).not.toThrow();
});
