/** Passes an abort on while it is open; while an update is being made it is closed, and an abort waits. */
export interface UpdateGate {
  readonly signal: AbortSignal;
  open(): void;
  close(): void;
  dispose(): void;
}

/**
 * A signal for the source of batches that is never aborted in the middle of an update: batches of a half-made update have
 * already moved the moving averages, so a run could not resume from there.
 */
export function createUpdateGate(outer: AbortSignal | undefined): UpdateGate {
  const controller = new AbortController();
  let isOpen = true;
  const pass = (): void => {
    if (isOpen && outer?.aborted === true) controller.abort(outer.reason);
  };
  outer?.addEventListener('abort', pass);
  return {
    signal: controller.signal,
    open: () => {
      isOpen = true;
      pass();
    },
    close: () => {
      isOpen = false;
    },
    dispose: () => outer?.removeEventListener('abort', pass),
  };
}
