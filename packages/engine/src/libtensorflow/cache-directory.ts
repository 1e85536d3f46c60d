import type { NodeBuiltins } from './node-builtins';

/**
 * Where the engine keeps what it builds and finds out: $ZOO_CACHE_DIRECTORY, else `zoo` in the user's cache folder
 * ($XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows).
 */
export function cacheDirectory({
  path,
  operatingSystem,
}: Pick<NodeBuiltins, 'path' | 'operatingSystem'>): string {
  const { ZOO_CACHE_DIRECTORY: own, XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = process.env;
  if (own !== undefined && own !== '') return own;
  if (xdg !== undefined && xdg !== '') return path.join(xdg, 'zoo');
  const home = operatingSystem.homedir();
  if (process.platform === 'darwin') return path.join(home, 'Library', 'Caches', 'zoo');
  if (process.platform === 'win32') return path.join(local ?? path.join(home, 'AppData', 'Local'), 'zoo');
  return path.join(home, '.cache', 'zoo');
}
