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
};

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
    return error.message.replaceAll(`\`${argument}\``, `\`${argumentName(argument, command)}\``);
  }
  if (typeof code === 'string' && typeof syscall === 'string' && typeof path === 'string') {
    const words = SYSTEM_ERRORS[code];
    if (words !== undefined) return `Expected to ${syscallWords(syscall)} ${path} but ${words} (${code}).`;
  }
  return error.message;
}

/** `options.batchSize` is `--batch-size` to the user. */
function argumentName(argument: string, command: Command | undefined): string {
  if (/^[<-]/.test(argument)) return argument;
  const last = argument
    .replace(/\[\d+\]$/, '')
    .split('.')
    .at(-1)!;
  const flag = `--${last.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (command?.options.some(({ long }) => long === flag) === true) return flag;
  return (
    ARGUMENTS[last] ?? ARGUMENTS[argument.split('.').find((part) => part in ARGUMENTS) ?? ''] ?? argument
  );
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
