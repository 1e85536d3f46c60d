import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as tf from '@tensorflow/tfjs-core';
import { PIXEL_NORMALIZATIONS } from '@zoo/core';
import { saveKerasH5 } from '@zoo/weights/node';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundlePage, CHROMIUM_NOTE, isChromiumAbsent, launchChromium } from '../../../test-support/chromium';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { cifarResnet, type PretrainedEntry } from '../src';

import type { resnetPage } from './page';

describe.skipIf(isChromiumAbsent)(`weights in a browser${CHROMIUM_NOTE}`, () => {
  let [browser, page]: [Browser?, Page?] = [];
  let [server, elsewhere]: [Server?, Server?] = [];
  let entry: PretrainedEntry;
  let expected: number[];
  const files = new Map<string, Buffer>();
  const requests: string[] = [];

  /** Serves `files`, one origin each. */
  async function serve(): Promise<{ http: Server; address: string }> {
    const http = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : request.url!.slice(1);
      requests.push(name);
      const type = name.endsWith('.js')
        ? 'text/javascript'
        : name.endsWith('.html')
          ? 'text/html'
          : 'application/octet-stream';
      response.setHeader('Content-Type', type);
      response.writeHead(files.has(name) ? 200 : 404).end(files.get(name));
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return { http, address: `http://127.0.0.1:${(http.address() as AddressInfo).port}/` };
  }

  const place = temporaryDirectory('suite');
  beforeAll(async () => {
    const outputFiles = await bundlePage(fileURLToPath(new URL('page.ts', import.meta.url)), {
      outdir: 'out',
      splitting: true,
      format: 'esm',
    });
    for (const { path, contents } of outputFiles) files.set(basename(path), Buffer.from(contents));
    files.set(
      'index.html',
      Buffer.from('<!doctype html><title>zoo</title><script type="module" src="page.js"></script>'),
    );
    await tf.setBackend('cpu');
    const model = cifarResnet(20, { seed: 1 });
    await saveKerasH5(model, place('resnet20.h5'));
    const bytes = await readFile(place('resnet20.h5'));
    files.set('resnet20.h5', bytes);
    expected = tf.tidy(() => [...(model.predict(tf.fill([1, 32, 32, 3], 0.5)) as tf.Tensor).dataSync()]);
    model.dispose();
    const [own, other] = [await serve(), await serve()];
    [server, elsewhere] = [own.http, other.http];
    entry = {
      name: 'resnet20.test',
      architecture: 'resnet20',
      variant: 'torchvision',
      includeTop: true,
      url: `${own.address}resnet20.h5`,
      fileName: 'resnet20.h5',
      hash: { algorithm: 'md5', digest: createHash('md5').update(bytes).digest('hex') },
      layout: 'keras',
      normalization: 'torch',
      imageSize: 32,
      licence: 'MIT',
    };
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(own.address);
    await page.waitForFunction('globalThis.resnetPage !== undefined');
  });

  afterAll(async () => {
    await browser?.close();
    for (const each of [server, elsewhere]) {
      each?.closeAllConnections();
      each?.close();
    }
  });

  const inPage = <Name extends keyof typeof resnetPage>(name: Name, weights: PretrainedEntry | string) =>
    page!.evaluate(`resnetPage.${name}(${JSON.stringify(weights)})`) as ReturnType<(typeof resnetPage)[Name]>;

  const downloads = (): number => requests.filter((name) => name === 'resnet20.h5').length;

  const expectExpected = (outputs: number[]): void => {
    outputs.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  };

  it('loads catalogue and readers when they are asked for, and the file once', async () => {
    expect(requests.filter((name) => name.startsWith('loading'))).toHaveLength(0);
    const { outputs, normalization, receivedBytes } = await inPage('load', entry);
    expectExpected(outputs);
    expect(normalization).toEqual(PIXEL_NORMALIZATIONS.torch);
    expect(receivedBytes).toBe(files.get('resnet20.h5')!.length);
    expect(requests.filter((name) => name.startsWith('loading'))).toHaveLength(1);
    await page!.reload();
    await page!.waitForFunction('globalThis.resnetPage !== undefined');
    expectExpected((await inPage('load', entry)).outputs);
    expect(downloads()).toBe(1);
  });

  it('verifies SHA-256 too, and what it kept: a file of another hash is refused and fetched anew', async () => {
    const digest = createHash('sha256').update(files.get('resnet20.h5')!).digest('hex').slice(0, 8);
    expectExpected((await inPage('load', { ...entry, hash: { algorithm: 'sha256', digest } })).outputs);
    const before = downloads();
    const wrong = { ...entry, hash: { algorithm: 'sha256', digest: '00000000' } } as const;
    expect(await inPage('refuse', wrong)).toMatchObject({
      code: 'download',
      message: expect.stringMatching(/sha256 is not 00000000/) as string,
    });
    expect(downloads()).toBe(before + 1);
    expectExpected((await inPage('load', entry)).outputs);
    expect(downloads()).toBe(before + 1);
  });

  it('takes an address, relative to the page', async () => {
    expectExpected((await inPage('load', 'resnet20.h5')).outputs);
  });

  it('says what to do where another site does not let the page read its files', async () => {
    const url = `http://127.0.0.1:${(elsewhere!.address() as AddressInfo).port}/resnet20.h5`;
    expect(await inPage('refuse', { ...entry, url })).toMatchObject({
      code: 'download',
      message: expect.stringMatching(
        /could not be reached.*\(CORS\): serve the file yourself and give its address/,
      ) as string,
    });
  });
});
