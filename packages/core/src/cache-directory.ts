import { ZooError } from './errors';

/**
 * The folder where the zoo keeps what can be made or downloaded again: weights, native builds, drawn pictures.
 *
 * `$ZOO_CACHE_DIRECTORY`, else `zoo` in the user's own place for caches: `$XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on
 * macOS, `%LOCALAPPDATA%` on Windows. The folder is not made.
 *
 * @param environment Default `process.env`.
 * @param platform Default `process.platform`.
 * @throws ZooError 'unsupported' outside Node.js, which has no such folder.
 */
export function cacheDirectory(environment?: Record<string, string | undefined>, platform?: string): string {
  // Asked for at run time: a bundler for browsers has nothing to resolve.
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const get = process?.getBuiltinModule;
  if (get === undefined) {
    throw new ZooError(
      'unsupported',
      'Expected Node.js for a cache folder but found none. Name a folder yourself.',
    );
  }
  const { homedir } = get('node:os');
  const { join, resolve } = get('node:path');
  const {
    ZOO_CACHE_DIRECTORY: own,
    XDG_CACHE_HOME: xdg,
    LOCALAPPDATA: local,
  } = environment ?? process?.env ?? {};
  if (own) return resolve(own);
  if (xdg) return join(xdg, 'zoo');
  switch (platform ?? process?.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Caches', 'zoo');
    case 'win32':
      return join(local ?? join(homedir(), 'AppData', 'Local'), 'zoo');
    default:
      return join(homedir(), '.cache', 'zoo');
  }
}
