import { createHash } from 'node:crypto';

import type { Plugin } from 'vite';

/** Files that a visit without a network does not need. */
const LEFT_OUT = /\.map$|^service-worker\.js$/;

/**
 * Tells the service worker the names of all built files, by which it keeps them: the text `__OFFLINE_FILES__` in its script becomes the
 * list, so that its bytes change, and browsers fetch it anew, whenever a file does.
 */
export function offlineFiles(): Plugin {
  return {
    name: 'offline-files',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const worker = bundle['service-worker.js'];
      if (worker?.type !== 'chunk') return;
      const kept = Object.values(bundle).filter(({ fileName }) => !LEFT_OUT.test(fileName));
      const hash = createHash('sha256');
      for (const file of kept) hash.update(file.type === 'chunk' ? file.code : file.source);
      const files = ['./', ...kept.map(({ fileName }) => fileName), 'icon.svg', 'manifest.webmanifest'];
      worker.code = worker.code.replace(
        /["'`]__OFFLINE_FILES__["'`]/,
        JSON.stringify({ version: hash.digest('hex').slice(0, 12), files }),
      );
    },
  };
}
