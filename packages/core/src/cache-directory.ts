import { ZooError } from './errors';
import { nodeBuiltins } from './node-builtins';

/**
 * The folder for files that can be made or downloaded again: weights, builds of TensorFlow's binding, drawn pictures.
 *
 * `$ZOO_CACHE_DIRECTORY`, else `zoo` in the user's own place for caches: `$XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS,
 * `%LOCALAPPDATA%` on Windows. The folder is not created.
 *
 * @param environment Default `process.env`.
 * @param platform Default `process.platform`.
 * @throws ZooError 'unsupported' outside Node.js, which has no such folder.
 */
export function cacheDirectory(environment?: Record<string, string | undefined>, platform?: string): string {
  const get = nodeBuiltins();
  if (get === undefined) {
    throw new ZooError(
      'unsupported',
      'Expected Node.js for a cache folder but this is another platform. Name a folder yourself.',
    );
  }
  const home = get('node:os').homedir();
  const path = get('node:path');
  const { ZOO_CACHE_DIRECTORY: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment ?? process.env;
  if (own) return path.resolve(own);
  if (xdg) return path.join(xdg, 'zoo');
  const system = platform ?? process.platform;
  if (system === 'darwin') return path.join(home, 'Library', 'Caches', 'zoo');
  if (system === 'win32') return path.join(local ?? path.join(home, 'AppData', 'Local'), 'zoo');
  return path.join(home, '.cache', 'zoo');
}
