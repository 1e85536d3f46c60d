/// <reference types="@webgpu/types" />

import { ZooError } from '@zoo/core';

import type { CommandStream } from './command-stream';

/** Makes the stream fail with a typed error where the card is lost or refuses a command, which WebGPU tells apart from the call. */
export function watchDevice(device: GPUDevice, stream: CommandStream): void {
  void device.lost.then(({ message, reason }) => {
    const why = message === '' ? reason : message.trim().split('\n')[0]!.replace(/\.$/, '');
    stream.fail(
      new ZooError(
        'device-lost',
        `The graphics card was lost (${why}) and with it every tensor on it. Start the engine again and go on from the last checkpoint.`,
      ),
      { isFinal: true },
    );
  });
  device.addEventListener('uncapturederror', (event) => {
    // An error event that nobody prevents is written to the console.
    event.preventDefault();
    const { message } = (event as unknown as { readonly error: { readonly message: string } }).error;
    // An error's consequences are not reported: the error itself is, perhaps later.
    if (message.includes('due to a previous error')) return;
    stream.fail(new ZooError('unsupported', `The graphics card refused a command: ${message.trim()}`));
  });
}
