import { decodeImage } from '@zoo/data/browser';

import { pictureName } from '../picture';

import type { Platform } from './platform';

export const platform: Platform = {
  decode: async (picture, signal) => {
    if (typeof picture === 'string' || picture instanceof URL) {
      const { fetchPicture } = await import('../fetch-picture');
      return decodeImage(await fetchPicture(picture, signal), { source: pictureName(picture) });
    }
    return decodeImage(picture);
  },
  openFolder: async (place, options) => {
    const { loadFromAddress } = await import('../load-from-address');
    return loadFromAddress(place, options);
  },
  // A published name has neither a slash nor an ending that files have.
  isPlace: (text) =>
    Promise.resolve(/[/\\:]|\.(json|h5|hdf5|keras|safetensors|pth|pt|th|tar|ckpt|bin)$/i.test(text)),
};
