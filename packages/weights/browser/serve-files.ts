import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the server sent for one request. */
export interface ServedRequest {
  readonly name: string;
  /** The Range header that it answered; undefined where it sent the whole file. */
  readonly range: string | undefined;
  readonly sentBytes: number;
}

/** Files on a server of this machine. */
export interface FileServer {
  readonly address: string;
  readonly files: Map<string, Uint8Array>;
  /** All requests since it was last emptied. */
  readonly requests: ServedRequest[];
  /** Requests that the browser broke off. */
  readonly abandoned: string[];
  close(): Promise<void>;
}

/**
 * Serves files in four ways: `/ranged/` answers range requests, `/whole/` does not know them, `/stalled/` sends the first answer and
 * keeps silent after the head of the next, `/broken/` cuts the connection there.
 */
export async function serveFiles(): Promise<FileServer> {
  const files = new Map<string, Uint8Array>();
  const requests: ServedRequest[] = [];
  const abandoned: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const [, way, name = ''] = request.url!.split('/');
    const file = files.get(name);
    if (file === undefined) {
      response
        .writeHead(request.url === '/' ? 200 : 404, { 'Content-Type': 'text/html' })
        .end('<!doctype html><input type=file>');
      return;
    }
    const range = way === 'whole' ? undefined : request.headers.range;
    const [first, last] = rangeOf(range, file.length);
    requests.push({ name, range, sentBytes: last + 1 - first });
    response.on('close', () => {
      if (!response.writableFinished) abandoned.push(name);
    });
    response.writeHead(range === undefined ? 200 : 206, {
      'Content-Length': last + 1 - first,
      'Cache-Control': 'no-store',
      ...(range !== undefined && { 'Content-Range': `bytes ${first}-${last}/${file.length}`, ETag: '"1"' }),
    });
    const isLater = first > 0;
    if (way === 'stalled' && isLater) response.write(file.subarray(first, first + 1));
    else if (way === 'broken' && isLater)
      response.write(file.subarray(first, first + 1), () => response.destroy());
    else response.end(file.subarray(first, last + 1));
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    files,
    requests,
    abandoned,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function rangeOf(range: string | undefined, sizeBytes: number): [first: number, last: number] {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
  return match === null ? [0, sizeBytes - 1] : [Number(match[1]), Math.min(Number(match[2]), sizeBytes - 1)];
}
