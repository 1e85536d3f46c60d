import { fingerprintOf } from '@zoo/core';

import type { ImageSet } from '../sets/image-set';

/** Which pictures a set holds, under which labels and in which order, wherever its folder is: a fingerprint. */
export function fingerprintOfExamples({ examples }: ImageSet): string {
  return fingerprintOf(
    (function* () {
      for (const { path, label, labels } of examples) {
        yield labels === undefined ? label : labels.join(' ');
        // The class's folder and the file's name, because the data set may have moved when a run resumes.
        yield path.split(/[/\\]/).slice(-2).join('/');
      }
    })(),
  );
}
