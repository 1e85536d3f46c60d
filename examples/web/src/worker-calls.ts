/** The methods of an object in a worker, as the page calls them; functions among the arguments are called back. */
export type WorkerCalls<Target> = {
  readonly [Name in keyof Target]: Target[Name] extends (...values: infer Values) => infer Result
    ? (...values: Values) => Promise<Awaited<Result>>
    : never;
};

/** What the page sends. */
interface Call {
  readonly call: number;
  readonly name: string;
  /** Numbers of the arguments that are functions; something empty stands in their places. */
  readonly functions: readonly number[];
  readonly values: readonly unknown[];
}

/** What the worker sends: a result, an error's words, or what an argument is called back with. */
type Reply =
  | { readonly call: number; readonly kind: 'result'; readonly value: unknown }
  | { readonly call: number; readonly kind: 'error'; readonly message: string }
  | {
      readonly call: number;
      readonly kind: 'callback';
      readonly argument: number;
      readonly values: readonly unknown[];
    };

type AnyFunction = (...values: unknown[]) => unknown;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly values: readonly unknown[];
}

/** The worker's side: lets the page call the methods of `target`. */
export function answerCalls(target: object): void {
  addEventListener('message', ({ data }: MessageEvent<Call>) => {
    const { call, name, functions } = data;
    const values = data.values.map((value, argument) =>
      functions.includes(argument)
        ? (...news: unknown[]) => {
            reply({ call, kind: 'callback', argument, values: news });
          }
        : value,
    );
    Promise.resolve()
      .then(() => (target as Record<string, AnyFunction>)[name]!.apply(target, values))
      .then(
        (value) => {
          reply({ call, kind: 'result', value });
        },
        (error: unknown) => {
          reply({ call, kind: 'error', message: error instanceof Error ? error.message : String(error) });
        },
      );
  });
}

function reply(message: Reply): void {
  postMessage(message);
}

/** What a call rejects with whose worker has been ended. */
export class WorkerEnded extends Error {}

/** The page's side: a worker whose methods are called as if they were here. */
export class CallableWorker<Target extends object> {
  readonly calls: WorkerCalls<Target>;
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(private readonly worker: Worker) {
    this.calls = new Proxy({} as WorkerCalls<Target>, {
      get:
        (_, name) =>
        (...values: unknown[]) =>
          this.call(String(name), values),
    });
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      this.hear(data);
    });
    worker.addEventListener('error', ({ message }) => {
      this.rejectAll(new Error(message));
    });
  }

  /** Ends the worker; calls that are under way reject with {@link WorkerEnded}. */
  terminate(): void {
    this.worker.terminate();
    this.rejectAll(new WorkerEnded('Another engine was chosen, so this was stopped.'));
  }

  private call(name: string, values: readonly unknown[]): Promise<unknown> {
    const call = (this.last += 1);
    const functions = [...values.keys()].filter((argument) => typeof values[argument] === 'function');
    const sent = values.map((value) => (typeof value === 'function' ? undefined : value));
    return new Promise((resolve, reject) => {
      this.pending.set(call, { resolve, reject, values });
      this.worker.postMessage({ call, name, functions, values: sent } satisfies Call);
    });
  }

  private hear(message: Reply): void {
    const pending = this.pending.get(message.call);
    if (pending === undefined) return;
    if (message.kind === 'callback') {
      (pending.values[message.argument] as AnyFunction)(...message.values);
      return;
    }
    this.pending.delete(message.call);
    if (message.kind === 'result') pending.resolve(message.value);
    else pending.reject(new Error(message.message));
  }

  private rejectAll(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }
}
