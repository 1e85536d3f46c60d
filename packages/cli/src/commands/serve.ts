import { basename, extname, resolve } from 'node:path';

import { createClassifier, type Classifier, type NetworkOptions } from '@zoo/classify';
import { ArgumentError, printable } from '@zoo/core';
import { decodeImage } from '@zoo/data/node';
import { foldBatchNorm } from '@zoo/engine';
import { Option, type Command } from 'commander';

import { noteLine, type CommandIo } from '../command-io';
import { flag } from '../flags';
import { openClassifier } from '../models/open-classifier';
import type { PictureReadingOptions } from '../models/picture-reading';
import { readTextFile } from '../read-text-file';
import { isLoopback } from '../serve/access';
import { createApplication, type Application } from '../serve/application';
import { letIn } from '../serve/let-in';
import type { ServeLimits } from '../serve/limits';
import { listen } from '../serve/listen';
import { servedModel } from '../serve/served-model';
import { withEngine, type EngineOptions } from '../start-engine';

import { addReadingOptions, examples, MODEL_ARGUMENT } from './shared-options';

/** The environment variable with the token. */
const TOKEN_VARIABLE = 'ZOO_SERVE_TOKEN';

/** Declares `zoo serve`. */
export function defineServe(command: Command, io: CommandIo): void {
  command
    .description(
      "Answers over HTTP with models' classes for pictures: POST /predict, TensorFlow Serving's REST, and a page to drop a picture on.",
    )
    .argument('<models...>', `${MODEL_ARGUMENT}; name=model gives it a name`)
    .addOption(
      new Option(
        '--host <address>',
        'address to listen on; 0.0.0.0 for all, and then a token is wise',
      ).default('127.0.0.1'),
    )
    .addOption(
      flag('--port <number>', 'port to listen on; 0 for a free one', {
        ...WHOLE,
        minimum: 0,
        maximum: 65535,
        default: 8501,
      }),
    )
    .addOption(
      new Option(
        '--token-file <file>',
        `file with the token that clients must show (default: $${TOKEN_VARIABLE}, or none)`,
      ),
    )
    .addOption(
      flag('--batch-size <count>', 'pictures computed at once, at most', {
        ...WHOLE,
        maximum: 1024,
        default: 16,
      }),
    )
    .addOption(
      flag('--batch-delay <milliseconds>', 'how long a picture waits for others', {
        ...WHOLE,
        minimum: 0,
        maximum: 10_000,
        default: 5,
      }),
    )
    .addOption(flag('--max-bytes <count>', 'bytes of a request', { ...WHOLE, default: 10_485_760 }))
    .addOption(flag('--max-pixels <count>', 'pixels of a picture', { ...WHOLE, default: 50_000_000 }))
    .addOption(flag('--max-pictures <count>', 'pictures of a request', { ...WHOLE, default: 64 }))
    .addOption(
      flag('--timeout <seconds>', 'how long an answer may take', { ...WHOLE, maximum: 3600, default: 30 }),
    )
    .addOption(
      flag('--queue <count>', 'requests taken at a time; others are told to try again', {
        ...WHOLE,
        default: 128,
      }),
    )
    .addOption(new Option('--urls', 'let clients name addresses, which this machine then reads'));
  addReadingOptions(command)
    .addHelpText(
      'after',
      examples(
        'zoo serve runs/pictures',
        'zoo serve pictures=runs/pictures imagenet=resnet50.tv_in1k --host 0.0.0.0 --token-file token.txt',
        'curl --data-binary @holiday.jpg --header content-type:image/jpeg localhost:8501/predict',
      ),
    )
    .action((models: string[], options: Omit<ServeOptions, 'models'>) => serve({ ...options, models }, io));
}

const WHOLE = { type: 'integer', minimum: 1 } as const;

/** Options of `zoo serve`. */
export interface ServeOptions
  extends PictureReadingOptions, Omit<NetworkOptions, 'imageSize'>, EngineOptions {
  models: string[];
  host: string;
  port?: number;
  tokenFile?: string;
  batchSize?: number;
  batchDelay?: number;
  maxBytes?: number;
  maxPixels?: number;
  maxPictures?: number;
  timeout?: number;
  queue?: number;
  urls?: boolean;
}

/**
 * Serves models until the user interrupts; then refuses new requests, answers what it has taken, and ends.
 *
 * @throws ArgumentError for two models of one name, a token that is none, or a port or address that can't be listened on.
 */
export async function serve(options: ServeOptions, io: CommandIo): Promise<void> {
  const named = namedModels(options.models);
  const token = await readToken(options, io);
  const interruption = io.interruption();
  await withEngine({ ...options, purpose: 'infer' }, io, async () => {
    const classifiers: Classifier[] = [];
    try {
      for (const { place } of named) classifiers.push(folded(await openClassifier(place, options, io)));
      const application = await applicationOf(named, classifiers, token, options, io);
      if (interruption.aborted) return;
      await listenUntil(interruption, application, options, io);
    } finally {
      for (const classifier of classifiers) classifier.dispose();
    }
  });
}

/** `classifier` for prediction alone, its batch normalisations folded; takes its place. */
function folded(classifier: Classifier): Classifier {
  const { model, classNames, preprocessing } = classifier;
  try {
    return createClassifier(foldBatchNorm(model), { classNames, preprocessing });
  } finally {
    classifier.dispose();
  }
}

/** Models as they are called in addresses: by `name=`, else by their file or folder. */
function namedModels(places: readonly string[]): { name: string; place: string }[] {
  const named = places.map((text) => {
    const [, name, place] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
    if (name !== undefined) return { name, place: place! };
    const file = basename(/^https?:/i.test(text) ? new URL(text).pathname : resolve(text));
    const stem = /^\.(h5|keras|pth|safetensors|json)$/i.test(extname(file))
      ? file.slice(0, -extname(file).length)
      : file;
    return { name: stem.replace(/[^\w.-]+/g, '-'), place: text };
  });
  const double = named.find(({ name }, at) => named.findIndex((each) => each.name === name) < at);
  if (double === undefined) return named;
  throw new ArgumentError(
    '<models...>',
    'models of different names',
    double.name,
    'Give one another name: name=model.',
  );
}

async function readToken({ tokenFile }: ServeOptions, io: CommandIo): Promise<string | undefined> {
  const given =
    tokenFile === undefined ? io.environment[TOKEN_VARIABLE] : (await readTextFile(tokenFile)).trim();
  if (given === undefined) return undefined;
  // No message contains the token itself.
  if (/^[\w.~+/=-]{8,}$/.test(given)) return given;
  throw new ArgumentError(
    tokenFile === undefined ? `$${TOKEN_VARIABLE}` : '--token-file',
    'a token of at least 8 letters, digits and .~+/=-_',
    `${given.length} characters`,
  );
}

async function applicationOf(
  named: readonly { name: string }[],
  classifiers: readonly Classifier[],
  token: string | undefined,
  options: ServeOptions,
  io: CommandIo,
): Promise<Application> {
  const limits = limitsOf(options);
  // Models and metrics need each other: this is filled in once both exist.
  const batches: { count?: Application['countBatch'] } = {};
  const models = classifiers.map((classifier, at) =>
    servedModel(classifier, {
      name: named[at]!.name,
      batchSize: options.batchSize ?? 16,
      delayMs: options.batchDelay ?? 5,
      onBatch: (size) => batches.count?.(named[at]!.name, size),
    }),
  );
  for (const model of models) {
    const start = performance.now();
    await model.warmUp();
    noteLine(io, `${model.name}: ready, warmed up in ${Math.round(performance.now() - start)} ms`);
  }
  const application = createApplication({
    models,
    limits,
    token,
    version: '1',
    isLocalOnly: isLoopback(options.host),
    fetchPicture:
      options.urls === true ? (address, signal) => readAddress(address, limits, signal) : undefined,
    log: (line) => noteLine(io, JSON.stringify(line)),
  });
  batches.count = application.countBatch;
  return application;
}

function limitsOf({ maxBytes, maxPixels, maxPictures, timeout, queue }: ServeOptions): ServeLimits {
  return {
    maximumBytes: maxBytes ?? 10_485_760,
    maximumPixels: maxPixels ?? 50_000_000,
    maximumPictures: maxPictures ?? 64,
    timeoutMs: (timeout ?? 30) * 1000,
    queue: queue ?? 128,
  };
}

async function readAddress(
  address: URL,
  { maximumBytes, maximumPixels, timeoutMs }: ServeLimits,
  signal: AbortSignal,
) {
  const { Transfer } = await import('@zoo/core');
  const requests = { totalTimeoutMs: timeoutMs, maximumBytes };
  const answer = await new Transfer({ signal, requests }).request(address);
  return decodeImage(await answer.bytes(), {
    source: 'the picture at `url`',
    pixelLimit: maximumPixels,
    signal,
  });
}

/** Listens until `interruption`, then answers what was taken and closes. */
async function listenUntil(
  interruption: AbortSignal,
  { fetch, admission }: Application,
  { host, port = 8501, timeout = 30 }: ServeOptions,
  io: CommandIo,
): Promise<void> {
  const { server, address } = await listen(fetch, {
    ...{ host, port, requestTimeoutMs: timeout * 1000, portOption: '--port' },
  });
  noteLine(io, `listening on ${address}`);
  if (!isLoopback(host))
    noteLine(io, `Other machines can reach ${printable(host)}: give clients a token with --token-file.`);
  await new Promise<void>((done) => {
    if (interruption.aborted) done();
    else interruption.addEventListener('abort', () => done(), { once: true });
  });
  // What has come while a batch was computed is taken, too: closing would reset its connections.
  await letIn(() => admission.requests, 1000);
  noteLine(io, `stopping: ${admission.requests} requests are still answered`);
  const answered = admission.stop();
  const closed = new Promise<void>((done) => server.close(() => done()));
  await answered;
  // Answers that are on their way have this long; connections that only wait are closed at once.
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 1000);
  await closed;
  clearTimeout(timer);
}
