import { Command } from 'commander';

import type { CommandIo } from './command-io';
import { hasColors } from './output/style';
import { packageVersion } from './package-version';

/** All commands: what the list of them says, and how each is declared. */
const COMMANDS: Readonly<
  Record<string, { summary: string; load: () => Promise<(command: Command, io: CommandIo) => void> }>
> = {
  train: {
    summary: 'train a network on a folder of pictures',
    load: async () => (await import('./commands/train')).defineTrain,
  },
  resume: {
    summary: 'go on with a run',
    load: async () => (await import('./commands/resume')).defineResume,
  },
  evaluate: {
    summary: 'measure a model on a folder of pictures',
    load: async () => (await import('./commands/evaluate')).defineEvaluate,
  },
  predict: {
    summary: 'classify pictures',
    load: async () => (await import('./commands/predict')).definePredict,
  },
  inspect: {
    summary: 'look for duplicates, leaks and unreadable pictures in a data set',
    load: async () => (await import('./commands/inspect')).defineInspect,
  },
  gradcam: {
    summary: 'draw where pictures speak for a class',
    load: async () => (await import('./commands/gradcam')).defineGradcam,
  },
  similar: {
    summary: 'find the pictures of a folder that are most similar to one',
    load: async () => (await import('./commands/similar')).defineSimilar,
  },
  serve: {
    summary: 'answer over HTTP with models, and a page to drop a picture on',
    load: async () => (await import('./commands/serve')).defineServe,
  },
  augment: {
    summary: 'draw random changes of pictures, each several times, on a page',
    load: async () => (await import('./commands/augment')).defineAugment,
  },
  import: {
    summary: 'turn a weights file into a TensorFlow.js model',
    load: async () => (await import('./commands/import')).defineImport,
  },
  export: {
    summary: 'write a model as a Keras, safetensors or ONNX file',
    load: async () => (await import('./commands/export')).defineExport,
  },
  quantize: {
    summary: 'write a model with smaller weights, and measure what that costs',
    load: async () => (await import('./commands/quantize')).defineQuantize,
  },
  prune: {
    summary: 'write a model with fewer channels, and measure what that costs',
    load: async () => (await import('./commands/prune')).definePrune,
  },
  summary: {
    summary: 'show the stages, parameters and multiply-adds of a model',
    load: async () => (await import('./commands/summary')).defineSummary,
  },
  models: {
    summary: 'list the networks of the family',
    load: async () => (await import('./commands/models')).defineModels,
  },
  engines: {
    summary: 'show which engine would be chosen here, and why not the others',
    load: async () => (await import('./commands/engines')).defineEngines,
  },
  native: {
    summary: "build tfjs-node's binding against a current TensorFlow",
    load: async () => (await import('./commands/native')).defineNative,
  },
  bench: {
    summary: 'time training steps on every engine that is present',
    load: async () => (await import('./commands/bench')).defineBench,
  },
  compare: {
    summary: 'hold runs against each other',
    load: async () => (await import('./commands/compare')).defineCompare,
  },
  dashboard: {
    summary: 'show runs side by side in a browser, while they go on or afterwards',
    load: async () => (await import('./commands/dashboard')).defineDashboard,
  },
  schedule: {
    summary: 'draw the learning rate over a run',
    load: async () => (await import('./commands/schedule')).defineSchedule,
  },
  supervise: {
    summary: 'start a command again when it fails',
    load: async () => (await import('./commands/supervise')).defineSupervise,
  },
  completion: {
    summary: 'print what makes bash, zsh or fish complete all of this',
    load: async () => (await import('./commands/completion')).defineCompletion,
  },
};

/** The name of the command that `argv` calls; undefined if it calls none. */
export function calledCommand(argv: readonly string[]): string | undefined {
  // No option before a command takes a value, so the first name is the command.
  return argv.find((word) => Object.hasOwn(COMMANDS, word));
}

/**
 * The zoo command as commander parses it. The command that `argv` calls is declared in full, the others only listed: what a command needs is
 * loaded with its declaration, and `zoo --help` is quick.
 */
export async function createProgram(argv: readonly string[], io: CommandIo): Promise<Command> {
  const program = new Command('zoo')
    .description(
      'Residual networks on TensorFlow.js: train, evaluate, predict, import and export image classifiers.',
    )
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--debug', 'print the stack trace of an error')
    .exitOverride()
    .showHelpAfterError('Run the command with --help to see what it takes.')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 110,
      getErrHelpWidth: () => io.stderr.columns ?? 110,
      getOutHasColors: () => hasColors(io.stdout, io),
      getErrHasColors: () => hasColors(io.stderr, io),
    })
    .addHelpText(
      'after',
      '\nBegin with:\n  $ zoo train pictures      where pictures/ holds one folder per class',
    );
  const called = calledCommand(argv);
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    // What completes the commands names the options of all.
    if (name === called || called === 'completion') (await load())(command, io);
  }
  return program;
}
