/**
 * Lets timers, signals and clicks through. Awaiting a tensor's data is not enough: on an engine that computes at once it
 * never leaves the microtask queue, and Ctrl-C would wait for the end of training.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
