/**
 * Keeps every file of the page at the first visit, so that it opens without a network afterwards.
 *
 * Pages are asked from the network first, so that a new version shows; files have their content's hash in their names and come from the
 * cache. Answers get the headers that isolate a page where a server sends none: wasm then has its threads from the second visit on.
 */

interface OfflineFiles {
  readonly version: string;
  readonly files: readonly string[];
}

/** What of a service worker is used here: TypeScript's DOM library has no types of it. */
interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface ServiceWorkerScope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
}

const scope = globalThis as unknown as ServiceWorkerScope;
// The build puts the list in this text's place: see offline-plugin.ts.
const { version, files } = '__OFFLINE_FILES__' as unknown as OfflineFiles;
const CACHE = `zoo-web-${version}`;
/** Where the page is asked for. */
const PAGE = './';

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then(async (cache) => cache.addAll(files))
      .then(async () => scope.skipWaiting()),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(removeOldCaches().then(async () => scope.clients.claim()));
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(request.mode === 'navigate' ? openPage(request) : openFile(request));
});

async function removeOldCaches(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('zoo-web-') && name !== CACHE).map((name) => caches.delete(name)),
  );
}

async function openPage(request: Request): Promise<Response> {
  try {
    return isolated(await fetch(request));
  } catch (error) {
    const kept = await caches.match(PAGE, { ignoreVary: true });
    if (kept === undefined) throw error;
    return isolated(kept);
  }
}

async function openFile(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
  return isolated(kept ?? (await fetch(request)));
}

function isolated(response: Response): Response {
  if (response.type === 'opaque' || response.type === 'opaqueredirect' || response.redirected)
    return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
