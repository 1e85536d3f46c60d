import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { cacheDirectory } from '../src/cache-directory';

describe('cacheDirectory', () => {
  it('is what $ZOO_CACHE_DIRECTORY names, whatever else is set', () => {
    expect(cacheDirectory({ ZOO_CACHE_DIRECTORY: 'mine', XDG_CACHE_HOME: '/xdg' })).toBe(resolve('mine'));
  });

  it('lies in $XDG_CACHE_HOME where that is set', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/xdg' }, 'darwin')).toBe(join('/xdg', 'zoo'));
  });

  it.each([
    ['linux', {}, join(homedir(), '.cache', 'zoo')],
    ['darwin', {}, join(homedir(), 'Library', 'Caches', 'zoo')],
    ['win32', { LOCALAPPDATA: '/local' }, join('/local', 'zoo')],
    ['win32', {}, join(homedir(), 'AppData', 'Local', 'zoo')],
  ])("is the platform's own place on %s", (platform, environment, expected) => {
    expect(cacheDirectory(environment, platform)).toBe(expected);
  });

  it('takes an empty variable for an absent one', () => {
    expect(cacheDirectory({ ZOO_CACHE_DIRECTORY: '', XDG_CACHE_HOME: '' }, 'linux')).toBe(
      join(homedir(), '.cache', 'zoo'),
    );
  });

  it('reads the environment of the process by default', () => {
    vi.stubEnv('ZOO_CACHE_DIRECTORY', '/named');
    expect(cacheDirectory()).toBe(resolve('/named'));
  });

  it('is refused outside Node.js', () => {
    vi.stubGlobal('process', undefined);
    expect(() => cacheDirectory()).toThrow(/Expected Node\.js for a cache folder/);
    vi.unstubAllGlobals();
  });
});
