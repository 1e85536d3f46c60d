import type { Command } from 'commander';

/** What options of the library are called on the command line, where the name alone does not tell. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  name: '--model',
  mode: '--normalization',
  outputs: '--freeze',
  until: '--freeze',
  set: '<folder>',
  source: '<folder>',
  train: '<folder>',
  directory: '<folder>',
  inputShape: '--image-size',
  index: '--class-index',
  layerName: '--layer',
  className: '--class',
  label: '--class',
  url: '--post',
  classifiers: '--with',
  members: '--with',
};

/** What a program can do that the library advises, and what this command line has instead. */
const ADVICE: readonly (readonly [RegExp, (command: Command | undefined) => string])[] = [
  [/`rename`/g, (command) => (hasOption(command, '--rename') ? '`--rename`' : '`--rename` of zoo import')],
  [/`by`/g, (command) => (hasOption(command, '--by') ? '`--by`' : '`--by` of zoo import')],
  [/Build it with (`shortcut: '[\w-]+'`)\./, () => 'Give $1.'],
  [/ Pass `skipMismatch: true` to load what fits\./, () => ''],
  [/, or say what they are called: the options path and label\./, () => '.'],
  [
    /Build the model yourself and load its weights with loadKerasWeights\./,
    () => 'If it is a network of the family, zoo import --model loads its weights alone.',
  ],
  [
    /Build the network yourself and load its weights by their names\./,
    () => 'Other networks are read from files that hold their architecture: .keras, .h5 and model.json.',
  ],
  [/Load the features alone: `includeTop: false`\./, () => 'zoo train --weights takes its features.'],
];

/** What the file system says, in words. */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EEXIST: 'there is something of that name already',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system can only be read',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
};

/** The message of an error in the terms of `command`, which failed with it. */
export function errorWords(error: unknown, command: Command | undefined): string {
  if (!(error instanceof Error)) return String(error);
  const { argument, code, path, syscall } = error as Error & Record<string, unknown>;
  if (typeof argument === 'string') {
    const name = argumentName(argument, command);
    return withAdvice(error.message.replaceAll(`\`${argument}\``, `\`${name}\``), command);
  }
  if (typeof code === 'string' && typeof syscall === 'string' && typeof path === 'string') {
    const words = SYSTEM_ERRORS[code];
    if (words !== undefined) return `Expected to ${syscallWords(syscall)} ${path} but ${words} (${code}).`;
  }
  return withAdvice(error.message, command);
}

function withAdvice(message: string, command: Command | undefined): string {
  const advised = ADVICE.reduce((text, [pattern, words]) => text.replace(pattern, words(command)), message);
  return advised.replace(/`([a-z]\w*): '?([\w.-]+)'?`/g, (words, name: string, value: string) => {
    const option = command?.options.find(({ long }) => long === flagOf(name));
    if (option === undefined) return words;
    return `\`${flagOf(name)}${option.required ? ` ${value}` : ''}\``;
  });
}

function hasOption(command: Command | undefined, flag: string): boolean {
  return command?.options.some(({ long }) => long === flag) === true;
}

const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** `options.batchSize` is `--batch-size` to the user. */
function argumentName(argument: string, command: Command | undefined): string {
  if (/^[<-]/.test(argument)) return argument;
  const parts = argument.split('.').map((part) => part.replace(/\[\d+\]$/, ''));
  const last = parts.at(-1)!;
  const flag = flagOf(last);
  if (hasOption(command, flag)) return flag;
  const told = ARGUMENTS[last] ?? ARGUMENTS[parts.find((part) => part in ARGUMENTS) ?? ''] ?? argument;
  const place = told.replace(/^--/, '');
  const isPlace = command?.registeredArguments.some((each) => each.name() === place) === true;
  return isPlace && !hasOption(command, told) ? `<${place}>` : told;
}

function syscallWords(syscall: string): string {
  switch (syscall) {
    case 'mkdir':
      return 'make the folder';
    case 'scandir':
      return 'list';
    case 'unlink':
    case 'rm':
    case 'rmdir':
      return 'remove';
    case 'rename':
      return 'put in place';
    case 'open':
    case 'read':
    case 'stat':
    case 'lstat':
    case 'access':
      return 'open';
    default:
      return 'write';
  }
}
