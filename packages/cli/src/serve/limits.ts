import { Refusal } from './refusal';

/** What a server takes of strangers. */
export interface ServeLimits {
  /** Bytes of one request. */
  readonly maximumBytes: number;
  /** Pixels of one picture. */
  readonly maximumPixels: number;
  /** Pictures of one request. */
  readonly maximumPictures: number;
  /** Milliseconds that an answer may take, the request's reading included. */
  readonly timeoutMs: number;
  /** Requests that are taken at a time. */
  readonly queue: number;
}

/** Bytes of all requests that are taken at a time, whatever their number: bounds memory. */
const BYTES_AT_A_TIME = 256 * 1024 * 1024;

/** Counts what is being worked on, and refuses what is too much. */
export interface Admission {
  readonly requests: number;
  /** Takes a request in; call what it returns when it is answered. */
  admit(declaredBytes: number | undefined): () => void;
  /** Refuses all from now on; resolves when what was taken in is answered. */
  stop(): Promise<void>;
  readonly isStopping: boolean;
}

/** An admission within `limits`. */
export function createAdmission({ queue, maximumBytes }: ServeLimits): Admission {
  let requests = 0;
  let bytes = 0;
  let isStopping = false;
  let onIdle: (() => void) | undefined;
  return {
    get requests() {
      return requests;
    },
    get isStopping() {
      return isStopping;
    },
    admit: (declaredBytes = maximumBytes) => {
      if (isStopping) throw new Refusal(503, 'This server is stopping.', 5);
      if (declaredBytes > maximumBytes)
        throw new Refusal(413, `Expected at most ${maximumBytes} bytes but received ${declaredBytes}.`);
      if (requests >= queue || (requests > 0 && bytes + declaredBytes > BYTES_AT_A_TIME))
        throw new Refusal(429, 'Too many requests wait at this server. Try again later.', 1);
      requests += 1;
      bytes += declaredBytes;
      let isDone = false;
      return () => {
        if (isDone) return;
        isDone = true;
        requests -= 1;
        bytes -= declaredBytes;
        if (requests === 0) onIdle?.();
      };
    },
    stop: () => {
      isStopping = true;
      return requests === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onIdle = resolve;
          });
    },
  };
}
