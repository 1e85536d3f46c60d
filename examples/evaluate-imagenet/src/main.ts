/**
 * Top-1 and top-5 on ImageNet's validation pictures, as the papers measure: one crop, ten crops, several scales, several networks together.
 *
 *   node dist/main.js imagenet/val --network resnet50.tv2_in1k
 *   node dist/main.js ILSVRC2012_img_val --labels ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt --network resnet50.tv2_in1k
 *   node dist/main.js imagenet/val --network resnet50 --network resnet101 --network resnet152 --views ten
 *   node dist/main.js imagenet/val --network resnet152 --views multi
 *
 * The pictures are the user's own: image-net.org gives them to researchers. Nothing was measured here on all 50,000 of them.
 */
import { isZooError } from '@zoo/core';
import { describeEngines, selectEngine } from '@zoo/engine';
import { Command, InvalidArgumentError, Option } from 'commander';

import { evaluateNetworks, VIEWS } from './evaluate-networks';
import { openNetwork, type MeasuredNetwork } from './network';
import { readValidationSet } from './validation-set';

/** What the command line says. */
interface Flags {
  network: string[];
  views: keyof typeof VIEWS;
  batchSize: number;
  labels?: string;
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

async function run(path: string, { network, views, batchSize, labels }: Flags): Promise<void> {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('Stopped.')));
  try {
    const engine = await selectEngine({ purpose: 'infer' });
    console.error(describeEngines(engine));
    const set = await readValidationSet(path, labels === undefined ? {} : { labels });
    const networks: MeasuredNetwork[] = [];
    for (const name of network) networks.push(await openNetwork(name, views === 'multi'));
    const start = performance.now();
    const scores = await evaluateNetworks(set, networks, {
      views: VIEWS[views],
      batchSize,
      signal: stopping.signal,
      onProgress: (done) => {
        const rate = done / ((performance.now() - start) / 1000);
        const minutes = (set.examples.length - done) / rate / 60;
        console.error(
          `${done} of ${set.examples.length} pictures, ${rate.toFixed(1)} a second, ${minutes.toFixed(0)} minutes left`,
        );
      },
    });
    for (const { name, top1, top5 } of scores)
      console.log(`${name}: top-1 ${(100 * top1).toFixed(2)} %, top-5 ${(100 * top5).toFixed(2)} %`);
    for (const { model } of networks) model.dispose();
    await engine.dispose();
  } catch (error) {
    if (!isZooError(error) && error !== stopping.signal.reason) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

await new Command('evaluate-imagenet')
  .description("Measures networks on ImageNet's validation pictures.")
  .argument(
    '<path>',
    'the folder of ILSVRC2012_val_00000001.JPEG and so on; one folder per class, called n01440764 and so on; or a table of paths and such labels',
  )
  .requiredOption(
    '--network <name...>',
    'weight files, run folders or published weights; of several, also the mean of their answers',
  )
  .addOption(
    new Option('--views <views>', 'what is seen of a picture').choices(Object.keys(VIEWS)).default('one'),
  )
  .option(
    '--labels <file>',
    'labels of a folder without folders in it: ILSVRC2012_validation_ground_truth.txt of the development kit (default: the one beside it)',
  )
  .option('--batch-size <pictures>', 'pictures in a batch', count, 32)
  .action(run)
  .parseAsync();
