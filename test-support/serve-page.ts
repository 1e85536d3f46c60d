import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

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

/** Serves `files`, by their paths without a leading slash, with a page that runs `script`, cross-origin isolated or not. */
export async function servePage(
  files: ReadonlyMap<string, Uint8Array>,
  { script, isIsolated }: { script: string; isIsolated: boolean },
): Promise<ServedPage> {
  const page = Buffer.from(
    `<!doctype html><title>zoo</title><script type="module" src="${script}"></script>`,
  );
  const server = createServer((request, response) => {
    const name = new URL(request.url!, 'http://here').pathname.slice(1);
    const body = name === '' ? page : files.get(name);
    response.setHeader('Content-Type', TYPES[name === '' ? 'html' : name.split('.').pop()!] ?? 'text/plain');
    if (isIsolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    response.writeHead(body === undefined ? 404 : 200).end(body);
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
