import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server does with a request instead of serving the file: breaks off after 20,000 bytes, refuses, or serves another. */
export type Behaviour = 'break' | 'hang' | 'refuse' | 'wrong';

/** A server on this machine that serves one file and, for as many requests as are listed, misbehaves. */
export interface FileServer {
  readonly url: string;
  /** The file. */
  content: Buffer;
  /** What comes before the file is served, in order. */
  behaviours: Behaviour[];
  /** The `Range` of each request so far. */
  requests: (string | undefined)[];
  /** Milliseconds between pieces of 10,000 bytes. */
  delayMs: number;
  close(): void;
}

/** Starts a {@link FileServer}; whoever starts it closes it. */
export async function startFileServer(): Promise<FileServer> {
  const http: Server = createServer((request, response) => {
    const { range } = request.headers;
    state.requests.push(range);
    const behaviour = state.behaviours.shift();
    if (behaviour === 'refuse') {
      response.writeHead(404).end();
      return;
    }
    const from = range === undefined ? 0 : Number(/bytes=(\d+)-/.exec(range)![1]);
    const body = behaviour === 'wrong' ? Buffer.from('something else') : state.content.subarray(from);
    const total = state.content.length;
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${total - 1}/${total}` }),
    });
    if (behaviour === 'break' || behaviour === 'hang') {
      response.write(body.subarray(0, 20_000), () => {
        if (behaviour === 'break') setTimeout(() => response.destroy(), 50);
      });
      return;
    }
    const send = (position: number): void => {
      if (state.delayMs === 0 || position >= body.length) {
        response.end(body.subarray(position));
        return;
      }
      response.write(body.subarray(position, position + 10_000));
      setTimeout(() => {
        send(position + 10_000);
      }, state.delayMs);
    };
    send(0);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const state: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/weights.h5`,
    content: Buffer.alloc(0),
    behaviours: [],
    requests: [],
    delayMs: 0,
    close() {
      http.closeAllConnections();
      http.close();
    },
  };
  return state;
}
