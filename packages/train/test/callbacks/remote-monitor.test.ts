import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { fit, remoteMonitor, sgd, type RemoteMonitorOptions } from '../../src';
import { memorySource } from '../support/memory-source';
import { tinyModel } from '../support/tiny-model';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A server that answers with `status`, or never; its address and what it has heard. */
async function listen(status: number | undefined): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      heard.push({ headers: request.headers, body: JSON.parse(text) });
      if (status !== undefined) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/runs?key=secret`, heard };
}

/** Trains three epochs, and returns them. */
async function train(options: RemoteMonitorOptions) {
  const model = tinyModel();
  const callbacks = [remoteMonitor(options)];
  const { epochs } = await fit(model, { train: memorySource(), epochs: 3, optimizer: sgd(), callbacks });
  model.dispose();
  return epochs;
}

describe('remoteMonitor', () => {
  it('posts each epoch in order, the last before the run is over', async () => {
    const { url, heard } = await listen(204);
    const epochs = await train({ url, headers: { authorization: 'Bearer x' } });
    expect(heard.map(({ body }) => body)).toEqual(
      epochs.map(({ epoch, step, metrics, durationMs }) => ({
        epoch: epoch + 1,
        step,
        durationMs: Math.round(durationMs),
        ...metrics,
      })),
    );
    expect(heard[0]!.headers).toMatchObject({
      'content-type': 'application/json',
      authorization: 'Bearer x',
    });
  });

  it.each([
    ['refuses', 500, 5000, /^Posting to 127\.0\.0\.1:\d+ failed: status 500$/],
    ['does not answer', undefined, 60, /failed: .*(timeout|run is over)/],
  ])(
    'trains to the end where the server %s, and tells of each failure',
    async (_what, status, timeoutMs, message) => {
      const { url } = await listen(status);
      const errors: Error[] = [];
      const begin = performance.now();
      const epochs = await train({ url, timeoutMs, onError: (error) => errors.push(error) });
      expect(epochs).toHaveLength(3);
      expect(performance.now() - begin).toBeLessThan(5000);
      expect(errors).toHaveLength(3);
      for (const error of errors) expect(error.message).toMatch(message);
    },
  );

  it('warns once where nobody listens to failures, without the rest of the address', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    await train({ url: 'http://127.0.0.1:1/runs?key=secret' });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^Posting to 127\.0\.0\.1:1 failed: /)]]);
    expect(String(warn.mock.calls[0]![0])).not.toContain('secret');
    warn.mockRestore();
  });

  it('trains on where whoever is told of a failure fails', async () => {
    const onError = (): never => {
      throw new Error('mine');
    };
    const fetch = () => Promise.reject(new Error('no network'));
    expect(await train({ url: 'https://example.com', fetch, onError })).toHaveLength(3);
  });

  it.each(['here', 'file:///etc/passwd', ''])('refuses the address %j', (url) => {
    expect(() => remoteMonitor({ url })).toThrow(/http or https address.*`options.url`/);
  });
});
