import { Readable, Writable } from 'node:stream';

import type { CommandIo, OutputStream } from '../src';

/** Surroundings of a command that keep what it writes. */
export interface RecordedIo extends CommandIo {
  /** All that went to standard output. */
  readonly output: () => string;
  /** All that went to standard error. */
  readonly errors: () => string;
  readonly interrupt: () => void;
}

/** How {@link recordedIo} is to look to a command. */
export interface RecordedIoOptions {
  /** True for a terminal. Default false: a pipe. */
  terminal?: boolean;
  /** What is on standard input. Default: nothing. */
  input?: Uint8Array;
  environment?: Record<string, string>;
  /** Called with everything that is written to standard error. */
  onError?: (text: string) => void;
}

export function recordedIo({
  terminal = false,
  input,
  environment = {},
  onError = () => undefined,
}: RecordedIoOptions = {}): RecordedIo {
  const controller = new AbortController();
  const stdout = recordingStream(terminal);
  const stderr = recordingStream(terminal, onError);
  return {
    stdin: Object.assign(Readable.from(input === undefined ? [] : [input]), { isTTY: terminal }),
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment,
    interruption: () => controller.signal,
    output: stdout.text,
    errors: stderr.text,
    interrupt: () => controller.abort(new Error('interrupted')),
  };
}

function recordingStream(isTTY: boolean, onText: (text: string) => void = () => undefined) {
  let written = '';
  const writable = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      written += String(chunk);
      onText(String(chunk));
      done();
    },
  });
  const stream: OutputStream = Object.assign(writable, { isTTY, columns: 100 });
  return { stream, text: () => written };
}
