/**
 * The degradation experiment of He et al. 2016, figures 1 and 6, on CIFAR-10: a plain network of 56 layers trains worse than one of 20,
 * a residual one does not; and shortcuts A, B and C beside each other.
 *
 *   node dist/main.js path/to/cifar10 --quick      2,500 pictures, 10 epochs: the figure of the README
 *   node dist/main.js path/to/cifar10              50,000 pictures, the paper's 164 epochs: work for a GPU
 *
 * `--quick` on two busy cores, 21 minutes: error in training 62.6 % of plain-20, 87.3 % of plain-56, 61.1 % of ResNet-20, 61.3 % of
 * ResNet-56 (README).
 */
import { isZooError } from '@zoo/core';
import { describeEngines, selectEngine } from '@zoo/engine';
import { Command, InvalidArgumentError } from 'commander';

import { compareNetworks } from './compare-networks';
import { PAPER, QUICK } from './recipe';

/** What the command line says. */
interface Flags {
  quick?: boolean;
  epochs?: number;
  seed: number;
  output?: string;
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

async function run(directory: string, { quick = false, seed, ...flags }: Flags): Promise<void> {
  const stopping = new AbortController();
  const stop = (): void =>
    stopping.abort(new Error('Stopped. The same command goes on from the last epoch.'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const recipe = quick ? QUICK : PAPER;
  try {
    const engine = await selectEngine({ purpose: 'train' });
    console.error(describeEngines(engine));
    await compareNetworks({
      directory,
      recipe: { ...recipe, epochs: flags.epochs ?? recipe.epochs },
      seed,
      output: flags.output ?? (quick ? 'degradation-quick' : 'degradation'),
      print: (line) => console.log(line),
      signal: stopping.signal,
    });
    await engine.dispose();
  } catch (error) {
    if (!isZooError(error) && error !== stopping.signal.reason) throw error;
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}

await new Command('degradation')
  .description('Trains plain and residual networks on CIFAR-10 and draws their errors beside each other.')
  .argument('<folder>', 'cifar-10-batches-bin, or train/ and test/ with one folder per class each')
  .option(
    '--quick',
    `2,500 training pictures and ${QUICK.epochs} epochs in place of 50,000 and ${PAPER.epochs}`,
  )
  .option('--epochs <count>', 'the rate drops after half and three quarters of them', count)
  .option('--seed <number>', 'what all random draws follow from', count, 1)
  .option('--output <folder>', 'degradation, or degradation-quick; runs that are there are continued')
  .action(run)
  .parseAsync();
