import { topClasses } from '@zoo/core';
import type { DecodedImage } from '@zoo/data';
import { decodeImage } from '@zoo/data/node';
import { Hono, type Context } from 'hono';

import { expectOwnSite, tokenCheck } from './access';
import { createAdmission, type Admission, type ServeLimits } from './limits';
import { createMetrics } from './metrics';
import { openApi } from './open-api';
import { PAGE, PAGE_POLICY, PAGE_SCRIPT, PAGE_STYLE } from './page';
import { parseJson, picturesOf, type SentPicture } from './read-request';
import { Refusal, refusalOf } from './refusal';
import type { ServedModel } from './served-model';
import { parsePredict, predictAnswer } from './tensorflow-serving';

/** What a server is made of. */
export interface ApplicationSettings {
  /** The first answers where no model is named. */
  readonly models: readonly ServedModel[];
  readonly limits: ServeLimits;
  readonly version: string;
  /** What clients have to show; undefined lets all in. */
  readonly token: string | undefined;
  /** Reads a picture from an address; undefined refuses addresses. */
  readonly fetchPicture: ((address: URL, signal: AbortSignal) => Promise<DecodedImage>) | undefined;
  /** True on an address that other machines can't reach. */
  readonly isLocalOnly: boolean;
  /** Called for every request that was answered. */
  readonly log: (line: RequestLine) => void;
}

/** What is logged of a request. */
export interface RequestLine {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** What went wrong on our side. */
  readonly problem?: string;
}

/** A server's answers, whatever brings the requests. */
export interface Application {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly admission: Admission;
  /** Counts a batch. */
  readonly countBatch: (model: string, size: number) => void;
}

/** Statuses of routes that need no token. */
const OPEN_PATHS = ['/', '/page.js', '/page.css', '/healthz', '/readyz'];

/** The routes of `zoo serve`. */
export function createApplication(settings: ApplicationSettings): Application {
  const { limits, log, isLocalOnly, token } = settings;
  const admission = createAdmission(limits);
  const metrics = createMetrics();
  const countRequest = metrics.counter('zoo_requests_total', 'Requests by route and status.');
  const observeSeconds = metrics.histogram(
    'zoo_request_seconds',
    'Seconds from a request to its answer, by route.',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const observeBatch = metrics.histogram(
    'zoo_batch_size',
    'Pictures of a batch, by model.',
    [1, 2, 4, 8, 16, 32, 64],
  );
  metrics.gauge('zoo_requests_in_progress', 'Requests that are being answered.', () => admission.requests);
  metrics.gauge('zoo_pictures_waiting', 'Pictures that wait for their batch.', () =>
    settings.models.reduce((sum, { waiting }) => sum + waiting, 0),
  );
  const checkToken = token === undefined ? () => undefined : tokenCheck(token);
  const app = new Hono();

  app.use(async (c, next) => {
    const start = performance.now();
    await next();
    c.header('x-content-type-options', 'nosniff');
    c.header('cache-control', 'no-store');
    if (admission.isStopping) c.header('connection', 'close');
    const durationMs = performance.now() - start;
    const { status } = c.res;
    const route = routeOf(c.req.path);
    countRequest({ route, status });
    observeSeconds({ route }, durationMs / 1000);
    log({
      ...{ time: new Date().toISOString(), method: c.req.method, path: c.req.path.slice(0, 200), status },
      durationMs: Math.round(durationMs * 10) / 10,
      ...(c.error !== undefined &&
        status >= 500 &&
        !(c.error instanceof Refusal) && { problem: String(c.error.stack) }),
    });
  });
  app.use(async (c, next) => {
    expectOwnSite(c.req.header('host'), c.req.header('origin'), isLocalOnly);
    if (!OPEN_PATHS.includes(c.req.path)) checkToken(c.req.header('authorization'));
    await next();
  });
  app.onError((error, c) => answerRefusal(c, refusalOf(error)));
  app.notFound((c) => answerRefusal(c, notFound(c)));

  app.get('/', (c) => c.html(PAGE, 200, { 'content-security-policy': PAGE_POLICY }));
  app.get('/page.js', (c) => c.body(PAGE_SCRIPT, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  app.get('/page.css', (c) => c.body(PAGE_STYLE, 200, { 'content-type': 'text/css; charset=utf-8' }));
  app.get('/healthz', (c) => c.text('ok\n'));
  app.get('/readyz', (c) => (admission.isStopping ? c.text('stopping\n', 503) : c.text('ok\n')));
  app.get('/metrics', (c) =>
    c.body(metrics.text(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
  app.get('/openapi.json', (c) =>
    c.json(
      openApi(
        settings.version,
        settings.models.map(({ name }) => name),
        token !== undefined,
      ),
    ),
  );
  app.get('/v1/models', (c) =>
    c.json({
      models: settings.models.map(({ name, classNames, imageShape }) => ({ name, classNames, imageShape })),
    }),
  );
  app.get('/v1/models/:name', (c) => {
    const model = modelCalled(settings, c.req.param('name').replace(/:predict$/, ''));
    if (c.req.param('name') !== model.name) throw notFound(c);
    const status = { error_code: 'OK', error_message: '' };
    return c.json({ model_version_status: [{ version: '1', state: 'AVAILABLE', status }] });
  });
  const predict = (c: Context, name: string): Promise<Response> =>
    admitted(c, settings, admission, async (bytes, signal) => {
      const model = modelCalled(settings, name);
      const request = parsePredict(parseJson(bytes), model.imageShape);
      expectFew(request.instances.length, limits);
      const outputs = await settleAll(
        request.instances.map(async (each) => {
          const values =
            each.kind === 'values' ? each.values : model.prepare(await decode(each.bytes, settings, signal));
          return model.answer(values, signal);
        }),
      );
      return c.json(predictAnswer(outputs, request));
    });
  app.post('/v1/models/:target', (c) => {
    const [, name] = /^(.+):predict$/.exec(c.req.param('target')) ?? [];
    if (name === undefined) throw notFound(c);
    return predict(c, name);
  });
  app.post('/v1/models/:name/versions/1:predict', (c) => predict(c, c.req.param('name')));
  app.post('/predict', (c) =>
    admitted(c, settings, admission, async (bytes, signal) => {
      const { top, name } = query(c, settings);
      const model = modelCalled(settings, name);
      const pictures = await picturesOf(bytes, c.req.header('content-type') ?? '');
      expectFew(pictures.length, limits);
      const answerOne = async (picture: SentPicture) => {
        const image = await readPicture(picture, settings, signal);
        const probabilities = await model.answer(model.prepare(image), signal);
        return { predictions: topClasses(probabilities, model.classNames, top) };
      };
      const [only, ...others] = pictures;
      if (others.length === 0) return c.json({ model: name, ...(await answerOne(only!)) });
      const results = await settleAll(
        pictures.map(async (picture) => ({ picture: picture.name, ...(await answerOne(picture)) })),
      );
      return c.json({ model: name, results });
    }),
  );
  return {
    fetch: (request) => app.fetch(request),
    admission,
    countBatch: (model, size) => {
      observeBatch({ model }, size);
    },
  };
}

/** Takes a request in within the limits, reads its body, and lets `work` answer it in time. */
async function admitted(
  c: Context,
  { limits }: ApplicationSettings,
  admission: Admission,
  work: (bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const declared = c.req.header('content-length');
  const done = admission.admit(declared === undefined ? undefined : Number(declared));
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    const signal = AbortSignal.any([timeout, c.req.raw.signal]);
    return await work(await readBody(c.req.raw, limits.maximumBytes, signal), signal);
  } catch (error) {
    throw refusalOf(error, timeout) ?? error;
  } finally {
    done();
  }
}

async function readBody(
  request: Request,
  limit: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const stop = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const { done, value } = (await reader.read()) as ReadableStreamReadResult<Uint8Array>;
      signal.throwIfAborted();
      if (done) return Uint8Array.from(Buffer.concat(pieces));
      sizeBytes += value.length;
      if (sizeBytes > limit) throw new Refusal(413, `Expected at most ${limit} bytes in a request.`);
      pieces.push(value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function decode(
  bytes: Uint8Array,
  { limits }: ApplicationSettings,
  signal: AbortSignal,
  source = 'the picture',
) {
  return decodeImage(bytes, { pixelLimit: limits.maximumPixels, source, signal });
}

function readPicture(
  { name, source }: SentPicture,
  settings: ApplicationSettings,
  signal: AbortSignal,
): Promise<DecodedImage> {
  if (source instanceof Uint8Array) return decode(source, settings, signal, name);
  if (settings.fetchPicture === undefined)
    throw new Refusal(403, 'This server reads no pictures from addresses: send the picture itself.');
  return settings.fetchPicture(source, signal);
}

/** All results; if one fails the others are waited for, so that none fails unheard. */
async function settleAll<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((each) => {
    if (each.status === 'rejected') throw each.reason;
    return each.value;
  });
}

function query(c: Context, { models }: ApplicationSettings): { top: number; name: string } {
  const top = c.req.query('top') ?? '5';
  if (!/^[1-9]\d{0,4}$/.test(top)) throw new Refusal(400, 'Expected a whole number of at least 1 for `top`.');
  return { top: Number(top), name: c.req.query('model') ?? models[0]!.name };
}

function expectFew(count: number, { maximumPictures }: ServeLimits): void {
  if (count <= maximumPictures) return;
  throw new Refusal(413, `Expected at most ${maximumPictures} pictures in a request but received ${count}.`);
}

function modelCalled({ models }: ApplicationSettings, name: string): ServedModel {
  const model = models.find((each) => each.name === name);
  if (model !== undefined) return model;
  throw new Refusal(
    404,
    `There is no such model. The models are ${models.map((each) => each.name).join(', ')}.`,
  );
}

/** Routes as metrics name them: a stranger's paths make no time series. */
function routeOf(path: string): string {
  if (/^\/v1\/models\/[^/]+(\/versions\/1)?:predict$/.test(path)) return '/v1/models/:predict';
  if (/^\/v1\/models\/[^/]+$/.test(path)) return '/v1/models/:name';
  const known = [...OPEN_PATHS, '/metrics', '/openapi.json', '/v1/models', '/predict'];
  return known.includes(path) ? path : 'other';
}

function notFound(c: Context): Refusal {
  const isKnown = routeOf(c.req.path) !== 'other';
  return isKnown
    ? new Refusal(405, 'This address takes another method.')
    : new Refusal(404, 'There is nothing here. See /openapi.json.');
}

function answerRefusal(c: Context, refusal: Refusal | undefined): Response {
  if (refusal === undefined) return c.json({ error: 'Something went wrong in this server.' }, 500);
  const { status, message, retryAfter } = refusal;
  return c.json({ error: message }, status, {
    ...(retryAfter !== undefined && { 'retry-after': `${retryAfter}` }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
}
