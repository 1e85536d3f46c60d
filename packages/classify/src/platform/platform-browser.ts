import { decodeImage } from '@zoo/data/browser';

import { fetchPicture } from '../fetch-picture';
import { loadFromAddress } from '../load-from-address';
import { pictureName } from '../picture';

import type { Platform } from './platform';

export const platform: Platform = {
  decode: async (picture, signal) => {
    if (typeof picture === 'string' || picture instanceof URL) {
      return decodeImage(await fetchPicture(picture, signal), { source: pictureName(picture) });
    }
    return decodeImage(picture);
  },
  openFolder: loadFromAddress,
  // A published name has neither a slash nor an ending that files have.
  isPlace: (text) =>
    Promise.resolve(/[/\\:]|\.(json|h5|hdf5|keras|safetensors|pth|pt|th|tar|ckpt|bin)$/i.test(text)),
};
