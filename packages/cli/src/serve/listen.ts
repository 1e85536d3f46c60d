import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { ArgumentError } from '@zoo/core';

/** A server that listens. */
export interface ListeningServer {
  readonly server: Server;
  /** `http://127.0.0.1:8501`, without a slash at its end. */
  readonly address: string;
}

/** Where to listen, and how patient to be with requests. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly requestTimeoutMs: number;
  /** What the user calls the port: `--port`. */
  readonly portOption: string;
}

/**
 * Lets `fetch` answer requests over HTTP.
 *
 * @throws ArgumentError for a port or an address that can't be listened on.
 */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  { host, port, requestTimeoutMs, portOption }: ListenOptions,
): Promise<ListeningServer> {
  const serverOptions = { headersTimeout: 10_000, requestTimeout: requestTimeoutMs, maxHeaderSize: 16_384 };
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false, serverOptions }) as Server;
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => fail(listenError(error, host, port, portOption)));
    server.listen(port, host, done);
  });
  const { address, family, port: actual } = server.address() as AddressInfo;
  return { server, address: `http://${family === 'IPv6' ? `[${address}]` : address}:${actual}` };
}

/** What the system says to a port or an address, in words of the options. */
function listenError(error: NodeJS.ErrnoException, host: string, port: number, portOption: string): Error {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return new ArgumentError(
        portOption,
        'a free port',
        port,
        `Another program listens there: stop it, or give another ${portOption}; 0 takes any that is free.`,
      );
    case 'EACCES':
      return new ArgumentError(
        portOption,
        'a port that this user may listen on',
        port,
        'Give one of at least 1024.',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ArgumentError('--host', 'an address of this machine', host, '0.0.0.0 takes all of them.');
    default:
      return error;
  }
}
