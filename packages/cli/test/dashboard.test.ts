import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { BatchSource } from '@zoo/core';
import { html } from '@zoo/core/page';
import { fit, sgd } from '@zoo/train';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { run } from '../src';
import { LiveRun } from '../src/dashboard/live-run';
import { startDashboard, type RunningDashboard } from '../src/dashboard/start-dashboard';
import { watchTraining } from '../src/dashboard/watch-training';

import { recordedIo } from './recorded-io';

const place = temporaryDirectory('suite');
const PLACE = { port: 0, portOption: '--dashboard-port' };

/** A run's folder as `zoo train` leaves it. */
async function writeRun(folder: string, name: string, accuracies: readonly number[], settings: object = {}) {
  await mkdir(join(folder, name), { recursive: true });
  const lines = accuracies.map((valAccuracy, at) =>
    JSON.stringify({
      epoch: at + 1,
      step: 10 * (at + 1),
      durationMs: 5,
      loss: 1 / (at + 1),
      valAccuracy,
      learningRate: 0.1,
    }),
  );
  await writeFile(join(folder, name, 'history.jsonl'), `${lines.join('\n')}\n`);
  await writeFile(join(folder, name, 'settings.json'), JSON.stringify(settings));
}

let live: LiveRun;
let running: RunningDashboard;

beforeAll(async () => {
  await writeRun(place('runs'), 'sgd', [0.5, 0.75], { optimizer: 'sgd' });
  await writeRun(place('runs'), 'adam', [0.6, 0.8], { optimizer: 'adam' });
  await writeRun(place('runs'), '<b>bold', [0.1]);
  await writeFile(join(place('runs'), 'adam', 'report.html'), '<h1>Of adam</h1><script>1</script>');
  await mkdir(join(place('runs'), 'pictures'));
  await writeFile(join(place('runs'), 'sgd', 'history.jsonl'), 'broken\n', { flag: 'a' });
  live = new LiveRun('sgd', 4);
  running = await startDashboard({ folder: place('runs'), live, pollMs: 20 }, PLACE, recordedIo());
});
afterAll(() => running.close());

const get = (path: string, init: RequestInit = {}) => fetch(running.url + path, init);

/** A request whose Host header is another one than fetch would send. */
function statusOf(url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers, method }, (answer) => {
      answer.resume();
      resolve(answer.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

/** Events of a stream until `count` have come. */
async function events(count: number, url = running.url): Promise<{ event: string; data: string }[]> {
  const end = new AbortController();
  const answer = await fetch(`${url}events`, { signal: end.signal });
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  const found: { event: string; data: string }[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let at = text.indexOf('\n\n'); at !== -1; at = text.indexOf('\n\n')) {
      const [, event = ''] = /event: (.*)/.exec(text.slice(0, at)) ?? [];
      const [, data = ''] = /data: (.*)/.exec(text.slice(0, at)) ?? [];
      found.push({ event, data });
      text = text.slice(at + 2);
    }
    if (found.length >= count) break;
  }
  end.abort();
  return found;
}

describe('a dashboard over HTTP', () => {
  it('serves a page whose policy allows its own script and none within markup', async () => {
    const page = await get('');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const text = await page.text();
    expect(text).toContain('Training: sgd');
    expect(text.match(/<script[^>]*>/g)).toEqual(['<script type="module" src="page.js">']);
    expect(text).not.toMatch(/ on\w+=/);
    for (const [name, type] of Object.entries({ 'page.js': 'text/javascript', 'page.css': 'text/css' })) {
      const file = await get(name);
      expect(file.headers.get('content-type')).toContain(type);
      expect((await file.text()).length).toBeGreaterThan(500);
    }
  });

  it.each(['', 'events', 'parts', 'page.js', 'report/adam', 'nothing'])(
    'answers 401 without the token, and with a wrong one: /%s',
    async (path) => {
      const { origin } = new URL(running.url);
      for (const wrong of [`/${path}`, `/${'0'.repeat(32)}/${path}`]) {
        const answer = await fetch(origin + wrong);
        expect(answer.status).toBe(401);
        expect(await answer.text()).not.toContain(running.dashboard.path.slice(1, 10));
      }
    },
  );

  it('refuses another host, which a name of a strange page may be pointed to, and another origin', async () => {
    expect(await statusOf(running.url, { host: 'evil.example' })).toBe(421);
    expect(await statusOf(running.url, { host: `localhost:${new URL(running.url).port}` })).toBe(200);
    expect(await statusOf(`${running.url}stop`, { origin: 'http://evil.example' }, 'POST')).toBe(403);
    expect(live.stop.signal.aborted).toBe(false);
  });

  it('draws the live run, and all runs of the folder beside each other; names are text', async () => {
    live.history = [
      {
        epoch: 0,
        step: 10,
        durationMs: 5,
        metrics: { loss: 1, valLoss: 1.1, accuracy: 0.5, valAccuracy: 0.5, learningRate: 0.1 },
      },
      {
        epoch: 1,
        step: 20,
        durationMs: 5,
        metrics: { loss: 0.5, valLoss: 0.7, accuracy: 0.8, valAccuracy: 0.75, learningRate: 0.05 },
      },
    ];
    live.measured = html`<section><h2>Validation after epoch 2</h2></section>`;
    const parts = await (await get('parts')).text();
    expect(parts).toContain('aria-label="Loss by epoch"');
    expect(parts).toContain('aria-label="Learning rate by epoch"');
    expect(parts).toContain('Validation after epoch 2');
    expect(parts).toContain('3 of 3 runs are shown');
    expect(parts).toContain('adam, epoch 2: 80 %');
    expect(parts).toMatch(/<th scope="row">optimizer<\/th>/);
    expect(parts).toContain('&lt;b&gt;bold');
    expect(parts).not.toContain('<b>bold');
  });

  it('shows the runs that are chosen alone, and none that is not in the folder', async () => {
    const parts = await (await get('parts?chosen=&run=adam&run=../../etc')).text();
    expect(parts).toContain('1 of 3 runs are shown');
    expect(parts).not.toContain('etc');
  });

  it('gives a report under a policy without scripts, and none for a name that is no run', async () => {
    const report = await get('report/adam');
    expect(await report.text()).toContain('Of adam');
    expect(report.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    for (const name of ['sgd', 'pictures', '..%2f..%2fetc'])
      expect((await get(`report/${name}`)).status).toBe(404);
  });

  it('tells of the status at once and when it changes, and of new epochs in files', async () => {
    const told = events(3);
    live.update({ state: 'training', loss: 0.25 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    live.update({ epoch: 2 }, { isEpoch: true });
    await writeRun(place('runs'), 'adam', [0.6, 0.8, 0.9], { optimizer: 'adam' });
    await utimes(join(place('runs'), 'adam', 'history.jsonl'), 1e9, 1e9);
    const found = await told;
    expect(found[0]!.event).toBe('status');
    expect(found.map(({ event }) => event)).toContain('parts');
    const statuses = found
      .filter(({ event }) => event === 'status')
      .map(({ data }) => JSON.parse(data) as object);
    expect(statuses.at(-1)).toMatchObject({ state: 'training', loss: 0.25 });
  });

  it('stops the run when it is asked to', async () => {
    expect((await get('stop')).status).toBe(404);
    expect((await get('stop', { method: 'POST' })).status).toBe(200);
    expect(live.stop.signal.reason).toMatchObject({ message: 'stopped from the dashboard' });
  });

  it('tells open pages how the run ended when it closes, and is gone', async () => {
    const own = new LiveRun('other', 1);
    const other = await startDashboard({ folder: place('runs'), live: own, pollMs: 20 }, PLACE, recordedIo());
    const told = events(100, other.url);
    await new Promise((resolve) => setTimeout(resolve, 50));
    own.update({ state: 'finished' });
    await other.close();
    const found = await told;
    expect(found.at(-1)!.event).toBe('end');
    expect(found.at(-2)!.data).toContain('"finished"');
    await expect(fetch(other.url)).rejects.toThrow();
  });
});

describe('a run that is watched', () => {
  const CLASSES = ['dark', 'light'];
  const source: BatchSource = {
    ...{ classNames: CLASSES, imageShape: [2, 2, 3], exampleCount: 8, batchSize: 4, batchesPerEpoch: 2 },
    batches: async function* ({ epoch }) {
      for (const batch of [0, 1]) {
        const values = Float32Array.from(
          { length: 48 },
          (_, at) => Math.sin(at + batch + epoch) + (at < 24 ? 1 : 0),
        );
        yield await Promise.resolve({
          images: tf.tensor4d(values, [4, 2, 2, 3]),
          labels: tf.tensor2d([1, 0, 1, 0, 0, 1, 0, 1], [4, 2]),
          sources: Array.from({ length: 4 }, (_, row) => `${batch}-${row}.png`),
        });
      }
    },
  };

  async function train(watched: LiveRun | undefined): Promise<number[][]> {
    const model = tfl.sequential({
      layers: [
        tfl.layers.flatten({ name: 'flat', inputShape: [2, 2, 3] }),
        tfl.layers.dropout({ name: 'drop', rate: 0.5 }),
        tfl.layers.dense({
          ...{ name: 'out', units: 2, activation: 'softmax' },
          kernelInitializer: tfl.initializers.glorotUniform({ seed: 1 }),
        }),
      ],
    });
    const { signal } = new AbortController();
    await fit(model, {
      ...{ train: source, validation: source, epochs: 3, optimizer: sgd({ learningRate: 0.1 }) },
      averageWeights: { decay: 0.5 },
      callbacks: watched
        ? [watchTraining({ live: watched, validation: source, signal, requests: () => 0 })]
        : [],
    });
    const values = model.weights.map((weight) => [...weight.read().dataSync()]);
    model.dispose();
    return values;
  }

  it('ends with the same weights, and has shown its figures, history and confusion matrix', async () => {
    await tf.setBackend('cpu');
    const watched = new LiveRun('watched', 3);
    const states: string[] = [];
    watched.subscribe(() => states.push(watched.status.state));
    expect(await train(watched)).toEqual(await train(undefined));
    expect(states).toContain('training');
    expect(watched.history.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(watched.status).toMatchObject({
      epoch: 3,
      epochs: 3,
      batch: 2,
      batchesPerEpoch: 2,
      learningRate: 0.1,
    });
    expect(watched.measured!.markup).toContain('Validation after epoch 3');
    expect(watched.measured!.markup).toContain('Confusion matrix');
  });

  it('is not measured once more while no page is open', async () => {
    const alone = new LiveRun('alone', 3);
    await train(alone);
    expect(alone.history).toHaveLength(3);
    expect(alone.measured).toBeUndefined();
  });
});

describe('zoo dashboard', () => {
  it('serves the runs of a folder until it is interrupted', async () => {
    let found: (url: string) => void;
    const url = new Promise<string>((resolve) => (found = resolve));
    const io = recordedIo({
      onError: (text) => {
        const [, address] = /dashboard: (\S+)/.exec(text) ?? [];
        if (address !== undefined) found(address);
      },
    });
    const ended = run(['dashboard', place('runs'), '--port', '0'], io);
    const page = await fetch(await url);
    expect(await page.text()).toContain('<h1>Runs</h1>');
    expect(await (await fetch(`${await url}parts`)).text()).toContain('3 of 3 runs are shown');
    expect((await fetch(`${await url}stop`, { method: 'POST' })).status).toBe(404);
    io.interrupt();
    expect(await ended).toBe(0);
  });

  it('says in one sentence that a folder or a port is none', async () => {
    const io = recordedIo();
    expect(await run(['dashboard', place('nowhere'), '--port', '0'], io)).not.toBe(0);
    expect(io.errors()).toContain('Expected a folder of runs at');
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const other = recordedIo();
    expect(await run(['dashboard', place('runs'), '--port', `${port}`], other)).not.toBe(0);
    expect(other.errors()).toContain(
      `Expected a free port for \`--port\` but received ${port}. Another program listens there`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });
});
