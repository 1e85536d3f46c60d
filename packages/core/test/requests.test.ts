import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { Transfer, type RequestLimits } from '../src';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('late'), 100);
    else response.end('here');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => vi.unstubAllGlobals());

/** A public address (of RFC 5737's for documentation) that redirects; every other request is answered as it is. */
function stubPublicRedirect(location: string): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: URL) => {
    asked.push(url.href);
    const isFirst = url.hostname === '203.0.113.5' && asked.length === 1;
    return Promise.resolve(
      isFirst ? new Response(null, { status: 302, headers: { location } }) : new Response('inside'),
    );
  });
  return asked;
}

const load = async (url: string, requests: RequestLimits = {}): Promise<string> =>
  new TextDecoder().decode(await (await new Transfer({ requests }).request(url)).bytes());

describe('a redirect', () => {
  it('takes authorization along within an origin, to another never, and tells its own headers', async () => {
    const seen: [string, string | null][] = [];
    vi.stubGlobal('fetch', (url: URL, { headers }: { headers: Headers }) => {
      seen.push([url.href, headers.get('authorization')]);
      const next: Record<string, string> = {
        'http://127.0.0.1:1/a': '/b',
        'http://127.0.0.1:1/b': 'http://127.0.0.1:2/c',
        'http://127.0.0.1:2/c': 'http://127.0.0.1:1/d',
      };
      const location = next[url.href];
      return Promise.resolve(
        location === undefined
          ? new Response('there')
          : new Response(null, { status: 302, headers: { location, 'x-hop': url.pathname } }),
      );
    });
    const answer = await new Transfer().request('http://127.0.0.1:1/a', { Authorization: 'Bearer secret' });
    expect(seen).toEqual([
      ['http://127.0.0.1:1/a', 'Bearer secret'],
      ['http://127.0.0.1:1/b', 'Bearer secret'],
      ['http://127.0.0.1:2/c', null],
      ['http://127.0.0.1:1/d', null],
    ]);
    expect(answer.redirects.map((headers) => headers.get('x-hop'))).toEqual(['/a', '/b', '/c']);
  });
});

describe('a redirect from a public address', () => {
  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://any.localhost/',
    '//127.0.0.1/',
  ])('is not followed to %s, which is private', async (location) => {
    const asked = stubPublicRedirect(location);
    await expect(load('http://203.0.113.5/file')).rejects.toMatchObject({
      code: 'download',
      message: expect.stringMatching(/leads to the private address .*allowPrivateRedirects/) as string,
    });
    expect(asked).toEqual(['http://203.0.113.5/file']);
  });

  it('is followed there where the caller allows it', async () => {
    stubPublicRedirect('http://127.0.0.1/');
    expect(await load('http://203.0.113.5/file', { allowPrivateRedirects: true })).toBe('inside');
  });

  it.each(['http://203.0.113.6/', 'https://[2001:db8::1]/', '/elsewhere', 'http://172.32.0.1/'])(
    'is followed to %s, which is public',
    async (location) => {
      stubPublicRedirect(location);
      expect(await load('http://203.0.113.5/file')).toBe('inside');
    },
  );

  it.each(['file:///etc/passwd', 'data:,x', 'blob:x', 'javascript:x', 'ftp://203.0.113.6/'])(
    'is not followed to %s, allowed or not',
    async (location) => {
      stubPublicRedirect(location);
      await expect(load('http://203.0.113.5/file', { allowPrivateRedirects: true })).rejects.toThrow(
        /which is no http address/,
      );
    },
  );
});

describe('a transfer', () => {
  it('keeps passwords in addresses, control characters and miles of text out of its messages', async () => {
    const url = `http://user:secret@127.0.0.1:${port}/${'x'.repeat(1000)}`;
    const error = (await load(url).catch((reason: unknown) => reason)) as Error;
    expect(error.message).not.toContain('secret');
    expect(error.message.length).toBeLessThan(400);
  });

  it('does not blame the server for a thread that computed all the while', async () => {
    const loading = load(`http://127.0.0.1:${port}/slow`, { idleTimeoutMs: 300 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const end = performance.now() + 1200;
    while (performance.now() < end);
    expect(await loading).toBe('late');
  });

  it('does not count what its reader does in between', async () => {
    const transfer = new Transfer({ requests: { totalTimeoutMs: 400 } });
    for (let i = 0; i < 3; i++) {
      await (await transfer.request(`http://127.0.0.1:${port}/`)).bytes();
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });

  it('counts the waiting of all its requests together', async () => {
    const transfer = new Transfer({ requests: { totalTimeoutMs: 250 } });
    const all = async () => {
      for (let i = 0; i < 3; i++) await (await transfer.request(`http://127.0.0.1:${port}/slow`)).bytes();
    };
    await expect(all()).rejects.toThrow(/took more than 0\.25 s in all/);
  });

  it.each([
    { idleTimeoutMs: 0 },
    { totalTimeoutMs: NaN },
    { maximumBytes: '5' },
    { maximumByte: 5 },
    { allowPrivateRedirects: 'no' },
    5,
  ])('refuses limits that make no sense: %j', (requests) => {
    expect(() => new Transfer({ requests: requests as RequestLimits })).toThrow(/options\.requests/);
  });
});
