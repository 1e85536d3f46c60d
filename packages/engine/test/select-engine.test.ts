import { isZooError, ZooError } from '@zoo/core';
import { describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { describeEngines, ENGINE_NAMES, type EngineName } from '../src';
import type {
  EngineAbsence,
  EngineCandidate,
  EngineRequest,
  StartedEngine,
} from '../src/engines/engine-candidate';
import { ENGINE_CANDIDATES } from '../src/engines/engine-candidates';
import { selectAmong, type SelectEngineOptions } from '../src/select-engine';

const running: StartedEngine = { description: 'a fake', threads: 2, dispose: () => Promise.resolve() };
const missing: EngineAbsence = { absentBecause: 'not installed', remedy: 'Install it.' };

/** Every engine, of which only `present` start; `requests` gathers what they were asked. */
function candidates(present: readonly EngineName[], requests: EngineRequest[] = []): EngineCandidate[] {
  return ENGINE_NAMES.map((name) => ({
    name,
    start: (request) => {
      requests.push(request);
      return Promise.resolve(present.includes(name) ? running : missing);
    },
  }));
}

async function codeOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await promise;
  } catch (error) {
    if (isZooError(error)) return { code: error.code, message: error.message };
  }
  throw new Error('Expected an error of the zoo.');
}

describe('selectEngine', () => {
  it('takes the first engine that starts and says what it passed over', async () => {
    const { name, threads, reason, unavailable } = await selectAmong(candidates(['wasm', 'cpu']), {});
    expect({ name, threads, reason }).toEqual({
      name: 'wasm',
      threads: 2,
      reason: 'the best present for training: a fake',
    });
    expect(unavailable).toEqual(
      ['tensorflow-gpu', 'webgpu', 'tensorflow', 'webgl'].map((tried) => ({
        name: tried,
        reason: 'not installed',
      })),
    );
  });

  it('stops at files that are missing: the engines after wasm are far too slow', async () => {
    const incomplete = candidates(['cpu']).map((candidate) =>
      candidate.name === 'wasm'
        ? { ...candidate, start: () => Promise.reject(new ZooError('invalid-file', 'No .wasm files here.')) }
        : candidate,
    );
    expect(await codeOf(selectAmong(incomplete, {}))).toEqual({
      code: 'invalid-file',
      message: 'No .wasm files here.',
    });
  });

  it('starts nothing after the engine it takes', async () => {
    const requests: EngineRequest[] = [];
    await selectAmong(candidates(['tensorflow-gpu', 'cpu'], requests), {});
    expect(requests).toHaveLength(1);
  });

  it('takes an engine asked for by name although a better one is there', async () => {
    const { name, reason } = await selectAmong(candidates(ENGINE_NAMES), { prefer: 'cpu' });
    expect(name).toBe('cpu');
    expect(reason).toContain('asked for by name');
  });

  it('says how to get an engine asked for by name that is missing', async () => {
    const { code, message } = await codeOf(selectAmong(candidates(['cpu']), { prefer: 'tensorflow' }));
    expect(code).toBe('engine-unavailable');
    expect(message).toBe("The engine 'tensorflow' can't be used: not installed. Install it.");
  });

  it('tries a list in its order, then the others', async () => {
    const list = ['cpu', 'wasm'] as const;
    expect((await selectAmong(candidates(['wasm']), { prefer: list })).unavailable).toHaveLength(1);
    expect((await selectAmong(candidates(['webgl']), { prefer: list })).name).toBe('webgl');
  });

  it('counts an engine that throws as absent, by the first line of its message', async () => {
    const broken: EngineCandidate = {
      name: 'tensorflow',
      start: () =>
        Promise.reject(new Error('libtensorflow.so.2: cannot open shared object file.\nRequire stack:\n- x')),
    };
    const { unavailable } = await selectAmong([broken, ...candidates(['cpu']).slice(-1)], {});
    expect(unavailable).toEqual([
      { name: 'tensorflow', reason: 'libtensorflow.so.2: cannot open shared object file' },
    ]);
  });

  it('does not go on to an engine without limits where one does not start in the memory it may take', async () => {
    const start = () => Promise.reject(new ZooError('out-of-memory', 'A tensor needs 1.1 MB more.'));
    const small = { name: 'wasm', start } as const;
    const all = [small, ...candidates(['cpu']).slice(-1)];
    expect(await codeOf(selectAmong(all, { memoryLimitBytes: 1e6 }))).toMatchObject({
      code: 'out-of-memory',
    });
    expect((await selectAmong(all, {})).name).toBe('cpu');
  });

  it('hands threads, memory, purpose, card and precision on', async () => {
    const requests: EngineRequest[] = [];
    await selectAmong(candidates(['wasm'], requests), {
      prefer: 'wasm',
      threads: 3,
      memoryLimitBytes: 1e9,
      purpose: 'infer',
      card: 'Radeon',
      precision: 'float16',
    });
    expect(requests).toEqual([
      {
        ...{ purpose: 'infer', threads: 3, memoryLimitBytes: 1e9, wasmLocation: undefined },
        ...{ card: 'Radeon', precision: 'float16', isNamed: true },
      },
    ]);
  });

  it.each([
    [undefined, undefined, undefined],
    [4e9, undefined, 4e9],
    [undefined, 1e9, 1e9],
    [4e9, 1e9, 1e9],
    [4e9, 9e9, 4e9],
  ])('tells what memory there is, of an end of %s and a limit of %s', async (memoryBytes, limit, told) => {
    const ending: EngineCandidate = {
      name: 'cpu',
      start: () => Promise.resolve({ ...running, memoryBytes }),
    };
    const options = limit === undefined ? {} : { memoryLimitBytes: limit };
    expect((await selectAmong([ending], options)).memoryBytes).toBe(told);
  });

  it.each([
    [{ prefer: 'wsam' }, "Did you mean 'wasm'?"],
    [{ prefer: ['tensorflo'] }, "Did you mean 'tensorflow'?"],
    [{ prefer: ['wasm', 'wasm'] }, 'each engine once'],
    [{ purpose: 'trian' }, "Did you mean 'train'?"],
    [{ threads: 0 }, 'options.threads'],
    [{ threads: 1.5 }, 'options.threads'],
    [{ memoryLimitBytes: -1 }, 'options.memoryLimitBytes'],
    [{ thread: 2 }, "Did you mean 'threads'?"],
  ])('refuses %j', async (options, words) => {
    const { code, message } = await codeOf(selectAmong(candidates(['cpu']), options as SelectEngineOptions));
    expect(code).toBe('invalid-argument');
    expect(message).toContain(words);
  });
});

describe('describeEngines', () => {
  it('gives every engine a line', async () => {
    const table = describeEngines(await selectAmong(candidates(['wasm']), {}));
    expect(table.split('\n')).toEqual([
      'tensorflow-gpu  unavailable  not installed',
      'webgpu          unavailable  not installed',
      'tensorflow      unavailable  not installed',
      'webgl           unavailable  not installed',
      'wasm            chosen       the best present for training: a fake (2 threads)',
      'cpu             not tried',
    ]);
  });
});

describe('the engines of this machine', () => {
  const place = temporaryDirectory();

  it('answer with words, not errors, where they are missing', async () => {
    const saved = { ...process.env };
    Object.assign(process.env, {
      ZOO_TFJS_NODE: place('nowhere'),
      ZOO_CACHE_DIRECTORY: place(),
    });
    try {
      for (const candidate of ENGINE_CANDIDATES.filter(({ name }) => !['wasm', 'cpu'].includes(name))) {
        if (candidate.name === 'tensorflow-gpu') continue;
        const outcome = await candidate.start({
          purpose: 'train',
          threads: undefined,
          memoryLimitBytes: undefined,
          wasmLocation: undefined,
          card: undefined,
          precision: 'float32',
          isNamed: false,
        });
        expect(outcome, candidate.name).toMatchObject({
          absentBecause: expect.stringMatching(/\w/) as string,
          remedy: expect.stringMatching(/^[A-Z].*\.$/) as string,
        });
      }
    } finally {
      process.env = saved;
    }
  });
});
