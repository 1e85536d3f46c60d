import type * as fileSystem from 'node:fs/promises';

/**
 * The disk of a process that dies: after `life.left` changes it changes nothing any more, what tidies up after errors included. For
 * `vi.mock('node:fs/promises', ...)`, with a `life` from `vi.hoisted`.
 */
export function mortalDisk(own: typeof fileSystem, life: { left: number }): typeof fileSystem {
  const mortal =
    <Arguments extends unknown[], Result>(change: (...values: Arguments) => Promise<Result>) =>
    (...values: Arguments): Promise<Result> =>
      life.left-- > 0 ? change(...values) : Promise.reject(new Error('killed'));
  return {
    ...own,
    rename: mortal(own.rename),
    rm: mortal(own.rm),
    unlink: mortal(own.unlink),
    link: mortal(own.link),
    copyFile: mortal(own.copyFile),
    writeFile: mortal(own.writeFile),
    open: mortal(own.open as (...values: unknown[]) => Promise<fileSystem.FileHandle>),
  };
}
