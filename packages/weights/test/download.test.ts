import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startFileServer, type FileServer } from '../../../test-support/file-server';
import { temporaryDirectory } from '../../../test-support/temporary-directory';
import { downloadVerified } from '../src/node';

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251));
const HASH = { algorithm: 'sha256', digest: createHash('sha256').update(CONTENT).digest('hex') } as const;

let server: FileServer;
const place = temporaryDirectory();

beforeAll(async () => {
  server = await startFileServer();
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  Object.assign(server, { behaviours: [], requests: [], content: CONTENT, delayMs: 0 });
});

const target = (): string => place('cache', 'weights.h5');
const download = (options = {}): Promise<void> => downloadVerified(server.url, target(), HASH, options);

describe('downloadVerified', () => {
  it('fetches once, tells its progress and leaves the file alone', async () => {
    const progress: number[] = [];
    await download({
      onProgress: ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number }) => {
        expect(totalBytes).toBe(CONTENT.length);
        progress.push(receivedBytes);
      },
    });
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress.at(-1)).toBe(CONTENT.length);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
    expect(await readdir(place('cache'))).toEqual(['weights.h5']);
    await download();
    expect(server.requests).toHaveLength(1);
  });

  it('resumes where a download broke off, and counts from there', async () => {
    server.behaviours = ['break'];
    await expect(download()).rejects.toThrow(/broke off after \d+ bytes.*resumes/);
    const progress: number[] = [];
    await download({
      onProgress: ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number }) => {
        expect(totalBytes).toBe(CONTENT.length);
        progress.push(receivedBytes);
      },
    });
    const from = Number(/^bytes=([1-9]\d*)-$/.exec(server.requests[1]!)![1]);
    expect(progress[0]).toBeGreaterThan(from);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
  });

  it('begins anew after what lay there was of another file', async () => {
    await download();
    await rm(target());
    await writeFile(`${target()}.part`, Buffer.alloc(CONTENT.length + 10));
    await expect(download()).rejects.toThrow(/whose sha256 is not/);
    await download();
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
  });

  it('neither keeps nor accepts a file of another hash', async () => {
    server.behaviours = ['wrong'];
    await expect(download()).rejects.toThrow(/whose sha256 is not.*put it at/);
    expect(await readdir(place('cache'))).toEqual([]);
  });

  it('says so where the server refuses or is not there', async () => {
    server.behaviours = ['refuse'];
    await expect(download()).rejects.toThrow(/answered with status 404/);
    await expect(downloadVerified('http://127.0.0.1:9/weights.h5', target(), HASH)).rejects.toThrow(
      /could not be reached\. Check the network, or get the file another way and put it at .*weights\.h5\./,
    );
    expect(await readdir(place('cache'))).toEqual([]);
  });

  it('stops when told to, before and amid, and keeps what has arrived', async () => {
    await expect(download({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    server.behaviours = ['hang'];
    const controller = new AbortController();
    const stopped = download({
      signal: controller.signal,
      onProgress: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(stopped).rejects.toThrow('enough');
    await download();
    expect(server.requests.at(-1)).toMatch(/^bytes=[1-9]/);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
  });
});

describe('processes that want one file at one time', () => {
  let program: string;

  beforeAll(async () => {
    // Within the package, so that its dependencies are found.
    const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
    await mkdir(cache, { recursive: true });
    program = join(cache, `download-${process.pid}.mjs`);
    await build({
      stdin: {
        contents: `import { downloadVerified } from './src/node/download';
          const [url, path, digest] = process.argv.slice(2);
          downloadVerified(url, path, { algorithm: 'sha256', digest });`,
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
        loader: 'ts',
      },
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['@zoo/source'],
      external: ['fs-native-extensions', '@tensorflow/*'],
    });
  });
  afterAll(() => rm(program));

  const start = (): ChildProcess =>
    spawn(process.execPath, [program, server.url, target(), HASH.digest], { stdio: 'inherit' });
  const exitCode = async (child: ChildProcess): Promise<unknown> => (await once(child, 'exit'))[0];

  it('download it once; both get it', async () => {
    server.delayMs = 30;
    const children = [start(), start(), start()];
    expect(await Promise.all(children.map(exitCode))).toEqual([0, 0, 0]);
    expect(server.requests).toHaveLength(1);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
    expect(await readdir(place('cache'))).toEqual(['weights.h5']);
  });

  it('go on where one of them was killed, at once', async () => {
    server.behaviours = ['hang'];
    const first = start();
    const part = `${target()}.part`;
    while (((await stat(part).catch(() => undefined))?.size ?? 0) < 20_000) await delay(20);
    const second = start();
    await delay(300);
    expect(server.requests).toHaveLength(1);
    const [codeOfSecond, killed] = [exitCode(second), exitCode(first)];
    const killedAt = Date.now();
    first.kill('SIGKILL');
    await killed;
    expect(await codeOfSecond).toBe(0);
    expect(Date.now() - killedAt).toBeLessThan(10_000);
    expect(server.requests).toEqual([undefined, 'bytes=20000-']);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
    expect(await readdir(place('cache'))).toEqual(['weights.h5']);
  });

  it('go on, six of them at once, where one was killed, and whatever lock file it left', async () => {
    server.behaviours = ['hang'];
    await mkdir(place('cache'));
    await writeFile(`${target()}.lock`, 'elsewhere 1 0.5');
    const first = start();
    while (((await stat(`${target()}.part`).catch(() => undefined))?.size ?? 0) < 20_000) await delay(20);
    const killed = exitCode(first);
    first.kill('SIGKILL');
    await killed;
    const codes = await Promise.all(Array.from({ length: 6 }, () => exitCode(start())));
    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect(server.requests).toEqual([undefined, 'bytes=20000-']);
    expect(CONTENT.equals(await readFile(target()))).toBe(true);
    expect(await readdir(place('cache'))).toEqual(['weights.h5']);
  }, 60_000);
});
