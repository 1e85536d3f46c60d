import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { saveLayersModel } from '@zoo/weights/node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { encodePng } from '../../train/src/node/tensor-board/encode-png';
import { run } from '../src';
// Loaded ahead of the tests' time.
import '../src/commands/serve';

import { COLORS, writePictureFolder } from './picture-folder';
import { recordedIo, type RecordedIo } from './recorded-io';

/** `ZOO_MALFORMED_REQUESTS=5000` for the count that was promised, fewer where people wait. */
const MALFORMED_REQUESTS = Number(process.env['ZOO_MALFORMED_REQUESTS'] ?? 600);

const place = temporaryDirectory('suite');
const TOKEN = 'a-token-of-the-tests';

interface Running {
  readonly io: RecordedIo;
  readonly url: string;
  readonly stop: () => Promise<number>;
}

/** Starts `zoo serve` on a free port and waits until it listens. */
async function start(...argv: string[]): Promise<Running> {
  let listening: (url: string) => void;
  const url = new Promise<string>((resolve) => (listening = resolve));
  const io = recordedIo({
    onError: (text) => {
      const [, found] = /listening on (\S+)/.exec(text) ?? [];
      if (found !== undefined) listening(found);
    },
  });
  const ended = run(['serve', ...argv, '--port', '0', '--engine', 'cpu'], io);
  const failed = ended.then((status) => {
    throw new Error(`ended with ${status}: ${io.errors()}`);
  });
  failed.catch(() => undefined);
  return {
    io,
    url: await Promise.race([url, failed]),
    stop: () => {
      io.interrupt();
      return ended;
    },
  };
}

let server: Running;
let png: Buffer;

beforeAll(async () => {
  await writePictureFolder(place('pictures'), { count: 1, size: 8 });
  png = await readFile(place('pictures', 'red', 'red-0.png'));
  const model = tfl.sequential({
    layers: [
      tfl.layers.globalAveragePooling2d({ inputShape: [8, 8, 3] }),
      tfl.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  const names = Object.keys(COLORS) as (keyof typeof COLORS)[];
  const kernel = [0, 1, 2].map((channel) => names.map((name) => COLORS[name][channel]! / 64));
  tf.tidy(() => model.setWeights([tf.tensor2d(kernel), tf.zeros([3])]));
  const preprocessing = { imageSize: [8, 8], normalization: PIXEL_NORMALIZATIONS.scale } as const;
  setModelMetadata(model, { classNames: names, preprocessing });
  await saveLayersModel(model, place('colors'));
  model.dispose();
  await writeFile(place('token'), `${TOKEN}\n`);
  server = await start(
    ...[place('colors'), `other=${place('colors')}`],
    ...['--max-bytes', '20000', '--max-pixels', '10000', '--max-pictures', '4', '--batch-delay', '20'],
  );
});
afterAll(() => server.stop());

const post = (path: string, body: BodyInit, type?: string) =>
  fetch(`${server.url}${path}`, {
    ...{ method: 'POST', body },
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
const base64 = () => png.toString('base64');
interface Answer {
  predictions: { className: string; probability: number }[];
}

describe('POST /predict', () => {
  it.each([
    ['a picture’s bytes', () => post('/predict', new Uint8Array(png), 'image/png')],
    ['base64', () => post('/predict', JSON.stringify({ image: base64() }), 'application/json')],
    [
      'a form',
      () => {
        const form = new FormData();
        form.set('file', new Blob([new Uint8Array(png)]), 'red.png');
        return post('/predict', form);
      },
    ],
  ])('answers %s', async (_, send) => {
    const answer = await send();
    expect(answer.status).toBe(200);
    const { predictions } = (await answer.json()) as Answer;
    expect(predictions).toHaveLength(3);
    expect(predictions[0]!.className).toBe('red');
  });

  it('answers several pictures, by another model, with as many classes as are asked for', async () => {
    const body = JSON.stringify({ images: [base64(), base64()] });
    const answer = await post('/predict?model=other&top=1', body, 'application/json');
    const { model, results } = (await answer.json()) as { model: string; results: Answer[] };
    expect(model).toBe('other');
    expect(results.map(({ predictions }) => predictions.map(({ className }) => className))).toEqual([
      ['red'],
      ['red'],
    ]);
  });
});

describe('TensorFlow Serving’s REST', () => {
  const instance = Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => [0.9, 0.1, 0.1]));

  it('answers rows of values and of pictures alike, and columns with columns', async () => {
    const send = async (body: object) =>
      (await post('/v1/models/colors:predict', JSON.stringify(body))).json() as Promise<
        Record<string, number[][]>
      >;
    const { predictions } = await send({
      instances: [instance, { b64: base64() }, { image: { b64: base64() } }],
    });
    expect(predictions!.map((row) => row.indexOf(Math.max(...row)))).toEqual([2, 2, 2]);
    expect(predictions![1]).toEqual(predictions![2]);
    const { outputs } = await send({ inputs: { image: [instance] } });
    expect(outputs![0]!.map((value) => value.toFixed(5))).toEqual(
      predictions![0]!.map((value) => value.toFixed(5)),
    );
  });

  it('refuses values that lead to NaN, which JSON does not have', async () => {
    const instances = [Array.from({ length: 8 }, () => Array.from({ length: 8 }, () => [3e38, -3e38, 3e38]))];
    const answer = await post('/v1/models/colors:predict', JSON.stringify({ instances }));
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: expect.stringMatching(/^The model answers these values with NaN\. Check/) as unknown },
    ]);
  });

  it('tells a model’s state', async () => {
    const answer = await fetch(`${server.url}/v1/models/colors`);
    expect(await answer.json()).toMatchObject({
      model_version_status: [{ version: '1', state: 'AVAILABLE' }],
    });
  });
});

describe('the other routes', () => {
  it.each([
    ['/healthz', 'text/plain', 'ok'],
    ['/readyz', 'text/plain', 'ok'],
    ['/metrics', 'text/plain; version=0.0.4', 'zoo_requests_total{route="/healthz",status="200"}'],
    ['/openapi.json', 'application/json', '"/v1/models/{model}:predict"'],
    ['/v1/models', 'application/json', '"classNames":["blue","green","red"]'],
    ['/', 'text/html', 'Drop a picture here'],
    ['/page.js', 'text/javascript', 'classify'],
    ['/page.css', 'text/css', '#drop'],
  ])('GET %s', async (path, type, part) => {
    await fetch(`${server.url}/healthz`);
    const answer = await fetch(`${server.url}${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain(type);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await answer.text()).toContain(part);
  });

  it('the page allows no script but its own', async () => {
    const policy = (await fetch(server.url)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).not.toContain('unsafe');
  });

  it('a request is a line of JSON in the log', async () => {
    await fetch(`${server.url}/nowhere`);
    const lines = server.io
      .errors()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ method: 'GET', path: '/nowhere', status: 404 });
  });
});

describe('what is refused', () => {
  it.each([
    [400, 'text for a picture', () => post('/predict', 'no picture', 'image/png')],
    [
      400,
      'more pixels',
      () =>
        post('/predict', new Uint8Array(encodePng(new Uint8Array(200 * 200 * 3), 200, 200, 3)), 'image/png'),
    ],
    [400, 'no such number of classes', () => post('/predict?top=0', new Uint8Array(png), 'image/png')],
    [403, 'an address', () => post('/predict', '{"url":"http://127.0.0.1/"}', 'application/json')],
    [
      403,
      'another site',
      () => fetch(`${server.url}/predict`, { method: 'POST', headers: { origin: 'http://evil.example' } }),
    ],
    [404, 'another model', () => post('/predict?model=none', new Uint8Array(png), 'image/png')],
    [404, 'another path', () => fetch(`${server.url}/v2`)],
    [405, 'another method', () => fetch(`${server.url}/predict`)],
    [413, 'more bytes', () => post('/predict', new Uint8Array(20_001), 'image/png')],
    [
      413,
      'more pictures',
      () => post('/predict', JSON.stringify({ images: Array(5).fill('AAAA') }), 'application/json'),
    ],
    [415, 'another type', () => post('/predict', 'text', 'text/plain')],
  ])('%i for %s', async (status, _, send) => {
    const answer = await send();
    expect([answer.status, typeof ((await answer.json()) as { error: unknown }).error]).toEqual([
      status,
      'string',
    ]);
  });

  it('a body that says nothing of its length and is too long', async () => {
    const body = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(8192));
      },
    });
    const answer = await fetch(`${server.url}/predict`, {
      ...{ method: 'POST', body, duplex: 'half', headers: { 'content-type': 'image/png' } },
    });
    expect(answer.status).toBe(413);
  });

  it('a host name that was pointed here', async () => {
    const status = await new Promise((resolve) => {
      const sent = httpRequest(`${server.url}/v1/models`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.end();
    });
    expect(status).toBe(421);
  });

  it('any malformed request, with a status of 4xx', async () => {
    const paths = [
      '/predict',
      '/predict?top=x',
      '/v1/models/colors:predict',
      '/v1/models/colors',
      '/v1/models/x:predict',
      '/',
    ];
    const types = [
      'application/json',
      'image/jpeg',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      'text/plain',
      '',
    ];
    const json = fc.oneof(
      fc.json(),
      fc.json().map((value) => `{"instances":${value}}`),
      fc.json().map((value) => `{"inputs":[${value}],"signature_name":"serving_default"}`),
      fc.json().map((value) => `{"image":${value}}`),
      fc.json().map((value) => `{"instances":[{"b64":${value}}]}`),
    );
    const damaged = fc
      .tuple(fc.nat(png.length - 20), fc.nat(255))
      .map(([length, byte]) => Uint8Array.from([...png.subarray(0, length), byte]));
    const body = fc.oneof(json, damaged, fc.uint8Array({ maxLength: 300 }), fc.constant('--x\r\n\r\n--x--'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.constantFrom(...types),
        body,
        async (path, type, sent) => {
          const answer = await post(path, sent as BodyInit, type === '' ? undefined : type);
          expect(answer.status).toBeGreaterThanOrEqual(400);
          expect(answer.status).toBeLessThan(500);
          expect((await answer.json()) as object).toHaveProperty('error');
        },
      ),
      { numRuns: MALFORMED_REQUESTS },
    );
  }, 120_000);
});

describe('requests at the same time', () => {
  it('are computed in batches', async () => {
    const send = () => post('/v1/models/other:predict', JSON.stringify({ instances: [{ b64: base64() }] }));
    const answers = await Promise.all(Array.from({ length: 24 }, send));
    expect(answers.map(({ status }) => status)).toEqual(Array(24).fill(200));
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const value = (name: string) =>
      Number(new RegExp(`^zoo_batch_size_${name}\\{model="other"\\} (\\d+)`, 'm').exec(text)![1]);
    expect(value('sum')).toBeGreaterThanOrEqual(24);
    expect(value('count')).toBeLessThanOrEqual(value('sum') / 2);
  });

  it('are told to try again where too many wait, and all that were taken are answered after a stop', async () => {
    const small = await start(place('colors'), '--queue', '4', '--batch-delay', '2000');
    const send = () =>
      fetch(`${small.url}/predict`, {
        method: 'POST',
        body: new Uint8Array(png),
        headers: { 'content-type': 'image/png' },
      });
    let refused = 0;
    let onRefused: () => void;
    const areRefused = new Promise<void>((resolve) => (onRefused = resolve));
    const sent = Array.from({ length: 12 }, async () => {
      const answer = await send();
      if (answer.status === 429 && ++refused === 8) onRefused();
      return answer;
    });
    await areRefused;
    const status = small.stop();
    const answers = await Promise.all(sent);
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses).toEqual([...Array<number>(4).fill(200), ...Array<number>(8).fill(429)]);
    for (const answer of answers)
      expect(answer.headers.get('retry-after')).toBe(answer.status === 429 ? '1' : null);
    expect(await status).toBe(0);
    await expect(send()).rejects.toThrow();
  });
});

describe('addresses of pictures', () => {
  it('are read where the server was told to, within its limits', async () => {
    const pictures = createServer((request, response) => {
      response.end(request.url === '/red.png' ? png : Buffer.alloc(30_000));
    });
    await new Promise<void>((resolve) => pictures.listen(0, '127.0.0.1', resolve));
    const { port } = pictures.address() as AddressInfo;
    const reading = await start(place('colors'), '--urls', '--max-bytes', '20000');
    try {
      const send = async (path: string) => {
        const body = JSON.stringify({ url: `http://127.0.0.1:${port}${path}` });
        const headers = { 'content-type': 'application/json' };
        const answer = await fetch(`${reading.url}/predict`, { method: 'POST', body, headers });
        return { status: answer.status, ...((await answer.json()) as Partial<Answer>) };
      };
      const red = await send('/red.png');
      expect([red.status, red.predictions![0]!.className]).toEqual([200, 'red']);
      expect((await send('/large.png')).status).toBe(400);
    } finally {
      expect(await reading.stop()).toBe(0);
      pictures.closeAllConnections();
      pictures.close();
    }
  });
});

describe('a token', () => {
  it('is asked for everywhere but on the page and where health is told', async () => {
    const guarded = await start(place('colors'), '--token-file', place('token'));
    const status = async (path: string, token?: string) =>
      (
        await fetch(
          `${guarded.url}${path}`,
          token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
        )
      ).status;
    expect([await status('/'), await status('/healthz'), await status('/readyz')]).toEqual([200, 200, 200]);
    for (const path of ['/v1/models', '/metrics', '/openapi.json', '/predict', '/nowhere'])
      expect(await status(path)).toBe(401);
    expect([await status('/metrics', TOKEN), await status('/metrics', `${TOKEN}x`)]).toEqual([200, 401]);
    expect(guarded.io.errors()).not.toContain(TOKEN);
    expect(await guarded.stop()).toBe(0);
  });
});

describe('zoo serve', () => {
  it.each([
    [() => [place('colors'), place('colors')], 'Expected models of different names'],
    [() => [place('absent')], 'Expected a saved model'],
    [() => [place('colors'), '--token-file', place('absent')], 'there is no such file'],
    [() => [place('colors'), '--port', new URL(server.url).port], 'Expected a free port for `--port` but'],
    [() => [place('colors'), '--host', '192.0.2.1'], 'Expected an address of this machine for `--host` but'],
    [
      () => [place('colors'), '--host', 'zoo.invalid'],
      'Expected an address of this machine for `--host` but',
    ],
  ])('refuses what can not be served: %#', async (argv, sentence) => {
    const io = recordedIo();
    expect(await run(['serve', '--engine', 'cpu', '--port', '0', ...argv()], io)).toBe(1);
    expect(io.errors()).toContain(sentence);
  });
});
