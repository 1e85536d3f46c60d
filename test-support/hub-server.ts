import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request to a {@link HubServer} was. */
export interface HubRequest {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  /** True for one to the store of large files, which is another origin. */
  readonly isStore: boolean;
}

/** A Hub on this machine: repositories under `/<id>/resolve/<revision>/<file>`, large files in a store at another port. */
export interface HubServer {
  readonly endpoint: string;
  /** Files by `<id>/<name>`; all are at the commit {@link HubServer.commit}. */
  readonly files: Map<string, Buffer>;
  commit: string;
  /** Repositories that only this token reads. */
  readonly tokens: Map<string, string>;
  readonly requests: HubRequest[];
  /** Breaks the next download from the store off after so many bytes. */
  breakAfter: number | undefined;
  /** Answers with this status, whatever is asked. */
  status: number | undefined;
  close(): void;
}

/** Starts a {@link HubServer}; whoever starts it closes it. */
export async function startHubServer(): Promise<HubServer> {
  const store = createServer((request, response) => {
    note(request, true);
    const content = hub.files.get(decodeURIComponent(request.url!.slice(1)))!;
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const body = content.subarray(Number(first), last === '' ? undefined : Number(last) + 1);
    const isPart = request.headers.range !== undefined;
    const range = `bytes ${first}-${Number(first) + body.length - 1}/${content.length}`;
    response.writeHead(isPart ? 206 : 200, {
      'content-length': body.length,
      // The store's own tag, which is no hash that the Hub states.
      etag: '"store"',
      ...(isPart && { 'content-range': range }),
    });
    if (hub.breakAfter === undefined || body.length <= hub.breakAfter) {
      response.end(body);
      return;
    }
    const piece = body.subarray(0, hub.breakAfter);
    hub.breakAfter = undefined;
    response.write(piece, () => setTimeout(() => response.destroy(), 20));
  });
  const server = createServer((request, response) => {
    note(request, false);
    const [, id, revision, name] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url!) ?? [];
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'x-error-code': code }).end();
    };
    const token = hub.tokens.get(id!);
    const isKnown = [...hub.files.keys()].some((each) => each.startsWith(`${id}/`));
    if (hub.status !== undefined) refuse(hub.status, '');
    else if (!isKnown) refuse(401, 'RepoNotFound');
    else if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
      refuse(403, 'GatedRepo');
    else if (!['main', 'refs/pr/1', hub.commit].includes(decodeURIComponent(revision!)))
      refuse(404, 'RevisionNotFound');
    else if (!hub.files.has(`${id}/${name}`)) refuse(404, 'EntryNotFound');
    else answer(`${id}/${name}`);

    function answer(key: string): void {
      const content = hub.files.get(key)!;
      const headers = { 'x-repo-commit': hub.commit };
      // Small texts come from the Hub itself.
      if (/\.(json|md)$/.test(name!)) {
        const hash = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
        response.writeHead(200, { ...headers, etag: `"${hash}"`, 'content-length': content.length });
        response.end(request.method === 'HEAD' ? undefined : content);
        return;
      }
      response.writeHead(302, {
        ...headers,
        // Another name of this machine: Python takes a host for the Hub's by its name alone.
        location: `http://localhost:${portOf(store)}/${encodeURIComponent(key)}`,
        'x-linked-etag': `"${createHash('sha256').update(content).digest('hex')}"`,
        'x-linked-size': content.length,
      });
      response.end();
    }
  });
  const note = (request: IncomingMessage, isStore: boolean): void => {
    const { range, authorization } = request.headers;
    hub.requests.push({ path: request.url!, range, authorization, isStore });
  };
  for (const each of [store, server]) await new Promise<void>((done) => each.listen(0, '127.0.0.1', done));
  const hub: HubServer = {
    endpoint: `http://127.0.0.1:${portOf(server)}`,
    files: new Map(),
    commit: 'a'.repeat(40),
    tokens: new Map(),
    requests: [],
    breakAfter: undefined,
    status: undefined,
    close() {
      for (const each of [store, server]) {
        each.closeAllConnections();
        each.close();
      }
    },
  };
  return hub;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
