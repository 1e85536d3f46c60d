// Writes packages/resnet/src/pretrained/multiply-adds.ts: what `summary` counts for each network of the catalogue, with a thousand
// classes, at the sizes that its weights are published for. With --check nothing is written: exits with 1 where the table is stale.
// Builds every network, up to a billion weights: about 5 GB of memory and some minutes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { importSource, root } from './bundle-source.mjs';

const target = join(root, 'packages/resnet/src/pretrained/multiply-adds.ts');
const { lines } = await importSource(`
  import * as tf from '@tensorflow/tfjs-core';
  import '@tensorflow/tfjs-backend-cpu';
  import { createResnet, summary } from './resnet/src/index';
  import { costKey, publishedWeights } from './resnet/src/pretrained/published-weights';

  await tf.setBackend('cpu');
  const networks = new Map();
  for (const { architecture, variant, imageSize, test } of publishedWeights()) {
    const key = costKey(architecture, variant);
    const network = networks.get(key) ?? { architecture, variant, sizes: new Set() };
    for (const [height] of [imageSize, test?.imageSize ?? imageSize]) network.sizes.add(height);
    networks.set(key, network);
  }
  export const lines = [...networks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { architecture, variant, sizes }]) => {
    const model = createResnet(architecture, { ...(variant && { variant }), kernelInitializer: 'zeros' });
    const costs = [...sizes].sort((a, b) => a - b).map((size) => size + ':' + summary(model, [size, size, 3]).multiplyAdds);
    model.dispose();
    return [key, ...costs].join(',');
  });
`);
const text = `/** Multiply-adds of the catalogue's networks, by picture size: \`node scripts/multiply-adds.mjs\` writes them. */
export const MULTIPLY_ADDS = \`${lines.join('\n')}
\`;
`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error(
      'Expected multiply-adds.ts as `summary` counts but it is stale. Run `node scripts/multiply-adds.mjs`.',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
console.log(`${lines.length} networks`);
