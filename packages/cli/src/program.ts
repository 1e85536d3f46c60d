import { Command } from 'commander';

import type { CommandIo } from './command-io';
import { defineBench } from './definitions/bench';
import { defineEngines } from './definitions/engines';
import { defineEvaluate } from './definitions/evaluate';
import { defineExport } from './definitions/export';
import { defineImport } from './definitions/import';
import { defineModels } from './definitions/models';
import { definePredict } from './definitions/predict';
import { defineSummary } from './definitions/summary';
import { defineSupervise } from './definitions/supervise';
import { defineTensorFlow } from './definitions/tensorflow';
import { defineTrain } from './definitions/train';
import { hasColors } from './output/style';
import { packageVersion } from './version';

const DEFINITIONS = [
  defineTrain,
  defineEvaluate,
  definePredict,
  defineImport,
  defineExport,
  defineSummary,
  defineModels,
  defineEngines,
  defineTensorFlow,
  defineBench,
  defineSupervise,
] as const;

/** The zoo command as commander parses it; what a command does is loaded when it runs, so that `--help` is quick. */
export function createProgram(io: CommandIo): Command {
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
    });
  for (const define of DEFINITIONS) define(program, io);
  return program.addHelpText(
    'after',
    '\nBegin with:\n  $ zoo train pictures      where pictures/ holds one folder a class',
  );
}
