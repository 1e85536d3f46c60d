/**
 * A trained network learns the classes of a folder: nearest pictures vote, a new classifier learns from kept features, then the whole
 * network with rates that fall towards the input.
 *
 *   node dist/main.js hymenoptera_data                               ants and bees, from @zoo/idenprof's network
 *   node dist/main.js pictures --network resnet18.tv_in1k            from torchvision's weights, which are downloaded
 *
 * From @zoo/idenprof, 245 pictures of ants and bees, two cores: 80.4 % of 153 test pictures by the new classifier
 * after ten seconds, 77.8 % by the whole network after 2.5 minutes (README).
 */
import { isZooError } from '@zoo/core';
import { describeEngines, selectEngine } from '@zoo/engine';
import { Command, InvalidArgumentError } from 'commander';

import { transfer, type TransferOptions } from './transfer';

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

async function run(
  directory: string,
  options: Omit<TransferOptions, 'directory' | 'print' | 'signal'>,
): Promise<void> {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort(new Error('Stopped.')));
  try {
    const engine = await selectEngine({ purpose: 'train' });
    console.error(describeEngines(engine));
    const print = (line: string): void => console.log(line);
    await transfer({ ...options, directory, print, signal: stopping.signal });
    await engine.dispose();
  } catch (error) {
    if (!isZooError(error) && error !== stopping.signal.reason) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

await new Command('transfer')
  .description('Teaches a trained network the classes of a folder.')
  .argument('<folder>', 'one folder per class, or train/ and test/ (or val/) with these')
  .option('--network <name>', "weight file, run's folder or published weights (default: @zoo/idenprof's)")
  .option('--epochs <count>', 'passes of the whole network over the training pictures', count, 12)
  .option('--batch-size <pictures>', 'pictures in a batch', count, 32)
  .option('--seed <number>', 'what all random draws follow from', count, 1)
  .option('--output <folder>', 'where the network is saved', 'transfer')
  .action(run)
  .parseAsync();
