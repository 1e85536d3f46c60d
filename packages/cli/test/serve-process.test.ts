import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';

import * as tfl from '@tensorflow/tfjs-layers';
import { PIXEL_NORMALIZATIONS, setModelMetadata } from '@zoo/core';
import { saveLayersModel } from '@zoo/weights/node';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { encodePng } from '../../train/src/node/tensor-board/encode-png';

import { bundleZoo } from './bundle-zoo';

const place = temporaryDirectory('suite');
const SIDE = 48;
const CLIENTS = 24;
const picture = encodePng(new Uint8Array(SIDE * SIDE * 3).fill(90), SIDE, SIDE, 3);
let program: string;
let child: ChildProcess;

beforeAll(async () => {
  // Some milliseconds a picture on the cpu engine, in which this thread does nothing else.
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ inputShape: [SIDE, SIDE, 3], filters: 8, kernelSize: 5 }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  const preprocessing = { imageSize: [SIDE, SIDE], normalization: PIXEL_NORMALIZATIONS.scale } as const;
  setModelMetadata(model, { classNames: ['day', 'night'], preprocessing });
  await saveLayersModel(model, place('net'));
  model.dispose();
  program = await bundleZoo();
  return () => rmSync(program);
});
afterEach(() => child.kill('SIGKILL'));

/** Starts `zoo serve`; where it listens. */
async function start(...argv: string[]): Promise<URL> {
  child = spawn(
    process.execPath,
    [program, 'serve', place('net'), '--engine', 'cpu', '--port', '0', ...argv],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let errors = '';
  return new Promise((resolve, reject) => {
    child.stderr!.on('data', (text: Buffer) => {
      errors += text.toString();
      const [, address] = /listening on (\S+)/.exec(errors) ?? [];
      if (address !== undefined) resolve(new URL('/predict', address));
    });
    child.once('close', (status) => reject(new Error(`ended with ${status}: ${errors}`)));
  });
}

/** Sends the picture over a connection of its own; the status, and a promise of its being on its way. */
function send(address: URL): { sent: Promise<unknown>; status: Promise<number | undefined> } {
  const agent = new Agent({ keepAlive: true });
  const headers = { 'content-type': 'image/png', 'content-length': picture.length };
  const outgoing = request(address, { method: 'POST', agent, headers });
  const status = new Promise<number | undefined>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume().once('end', () => {
        agent.destroy();
        resolve(answer.statusCode);
      });
    });
  });
  const sent = once(outgoing, 'finish');
  outgoing.end(picture);
  return { sent, status };
}

describe.skipIf(process.platform === 'win32')('a process of zoo serve that is told to end', () => {
  it('answers all that was sent before, though it computes and has not read it, and nothing after', async () => {
    const address = await start('--batch-size', '2');
    const requests = Array.from({ length: CLIENTS }, () => send(address));
    const statuses = Promise.allSettled(requests.map(({ status }) => status));
    await Promise.all(requests.map(({ sent }) => sent));
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    expect(
      (await statuses).map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason))),
    ).toEqual(Array(CLIENTS).fill(200));
    expect(await closed).toEqual([0, null]);
    await expect(fetch(address)).rejects.toThrow('fetch failed');
  });
});
