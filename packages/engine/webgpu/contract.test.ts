import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { selectEngine, type SelectedEngine } from '../src';
import { contractCases } from '../test/contract';

import { isWebgpuAbsent, WEBGPU_NOTE } from './webgpu-here';

describe.skipIf(isWebgpuAbsent)(`WebGPU in Node.js${WEBGPU_NOTE}`, () => {
  let engine: SelectedEngine;
  beforeAll(async () => {
    engine = await selectEngine({ prefer: 'webgpu' });
  });
  afterAll(() => engine.dispose());

  it('says which card, driver and backend it took', () => {
    expect(engine.reason).toMatch(/asked for by name: WebGPU on .+ \(.+, (Vulkan|Metal|Direct3D 12)\)/);
  });

  for (const contractCase of contractCases()) it(contractCase.name, () => contractCase.check('webgpu'));
});
