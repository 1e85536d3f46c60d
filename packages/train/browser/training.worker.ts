import { selectEngine } from '@zoo/engine';

import { serveTraining } from '../src/worker';

serveTraining(async (data) => {
  await selectEngine({ prefer: 'wasm', threads: 1 });
  if (data === 'broken') throw new TypeError('no engine today');
});
