import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what can be made again: `$XDG_CACHE_HOME/zoo`, or the platform's own place for caches. */
export function cacheDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'zoo');
  if (platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'zoo', 'cache');
  return join(homedir(), platform === 'darwin' ? 'Library/Caches' : '.cache', 'zoo');
}
