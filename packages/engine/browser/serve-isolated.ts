import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** A page of one script, served on this machine. */
export interface ServedPage {
  readonly address: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
};

/** Serves `script` on a page that is cross-origin isolated or not, with tfjs-backend-wasm's files beside it. */
export async function servePage(
  script: string,
  { isIsolated }: { isIsolated: boolean },
): Promise<ServedPage> {
  const require = createRequire(import.meta.url);
  const wasmDirectory = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'));
  const files = new Map([
    [
      'index.html',
      Buffer.from('<!doctype html><title>zoo</title><script type="module" src="page.js"></script>'),
    ],
    ['page.js', Buffer.from(script)],
  ]);
  const server = createServer((request, response) => {
    void (async () => {
      const name = request.url === '/' ? 'index.html' : request.url!.slice(1);
      const isWasm = /^[\w-]+\.wasm$/.test(name);
      const body = files.get(name) ?? (isWasm ? await readFile(join(wasmDirectory, name)) : undefined);
      response.setHeader('Content-Type', TYPES[name.split('.').pop()!] ?? 'text/plain');
      if (isIsolated) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
      response.writeHead(body === undefined ? 404 : 200).end(body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, close: async () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
