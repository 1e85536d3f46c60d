import { Argument, type Command } from 'commander';

import { printLine, type CommandIo } from '../command-io';

import { examples } from './shared-options';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Declares `zoo completion`; the other commands of its program must be declared, too. */
export function defineCompletion(command: Command, io: CommandIo): void {
  command
    .description('Prints what makes a shell complete the commands, options and values of zoo.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      examples(
        'zoo completion bash > ~/.local/share/bash-completion/completions/zoo',
        'zoo completion zsh > ~/.zfunc/_zoo          # with fpath+=~/.zfunc ahead of compinit in ~/.zshrc',
        'zoo completion fish > ~/.config/fish/completions/zoo.fish',
      ),
    )
    .action(async (shell: keyof typeof SCRIPTS) => {
      // Loads TensorFlow.js, which the declaration of this command can do without.
      const { resnetNames } = await import('@zoo/resnet');
      printLine(io, SCRIPTS[shell](command.parent!.commands.map((each) => completed(each, resnetNames()))));
    });
}

/** What shells complete of a command. */
interface Completed {
  readonly name: string;
  readonly summary: string;
  /** What its first argument may be, where there are few such words. */
  readonly words: readonly string[];
  readonly options: readonly CompletedOption[];
}

interface CompletedOption {
  /** `--epochs` */
  readonly long: string;
  readonly description: string;
  /** What its value is called; undefined for an option without one. */
  readonly value: string | undefined;
  /** Values that it takes, where there are few. */
  readonly words: readonly string[];
}

function completed(command: Command, networks: readonly string[]): Completed {
  const options = command.options.filter(({ long, hidden }) => long !== undefined && !hidden);
  return {
    name: command.name(),
    summary: command.summary(),
    words: plain(command.registeredArguments[0]?.argChoices),
    options: options.map((option) => ({
      long: option.long!,
      description: option.description,
      value: option.required || option.optional ? option.attributeName() : undefined,
      words: plain(option.flags === '--model <name>' ? networks : option.argChoices),
    })),
  };
}

/** Words that shells take as they are; others, of a model's names say, are left out of a list. */
const plain = (words: readonly string[] = []): string[] =>
  words.filter((word) => /^[\w.:,@%+=-]+$/.test(word));

function bashScript(commands: readonly Completed[]): string {
  const cases = commands.map(
    ({ name, options, words }) =>
      `    ${name}) options="${options.map(({ long }) => long).join(' ')} --help" words="${words.join(' ')}" ;;`,
  );
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, words }) =>
      words.length === 0 ? [] : [`    ${name}:${long}) values="${words.join(' ')}" ;;`],
    ),
  );
  // Bash takes --option=value apart at the sign.
  return `# bash completion of zoo
_zoo() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" options= values= words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$current"))
    return
  fi
  if [ "$current" = = ]; then
    current=
  elif [ "$previous" = = ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  case "\${COMP_WORDS[1]}:$previous" in
${values.join('\n')}
  esac
  if [ -n "$values" ]; then
    COMPREPLY=($(compgen -W "$values" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) [ "$COMP_CWORD" -gt 2 ] || COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _zoo zoo`;
}

function zshScript(commands: readonly Completed[]): string {
  const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const oneOf = (words: readonly string[]): string => (words.length > 0 ? `(${words.join(' ')})` : '_files');
  const argument = ({ long, description, value, words }: CompletedOption): string =>
    quoted(`${long}[${escaped(description)}]${value === undefined ? '' : `:${value}:${oneOf(words)}`}`);
  const cases = commands.map(({ name, options, words }) => {
    const rest = words.length > 0 ? `'1:word:${oneOf(words)}'` : "'*:file:_files'";
    return `    ${name}) _arguments ${options.map(argument).join(' ')} '--help[print this help]' ${rest} ;;`;
  });
  return `#compdef zoo
_zoo() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _zoo ]; then _zoo "$@"; else compdef _zoo zoo; fi`;
}

function fishScript(commands: readonly Completed[]): string {
  const names = commands.map(
    ({ name, summary }) =>
      `complete --command zoo --condition __fish_use_subcommand --no-files --arguments ${name} --description ${quoted(summary)}`,
  );
  const within = (name: string): string =>
    `complete --command zoo --condition '__fish_seen_subcommand_from ${name}'`;
  const words = commands.flatMap((command) =>
    command.words.length === 0
      ? []
      : [`${within(command.name)} --no-files --arguments '${command.words.join(' ')}'`],
  );
  const options = commands.flatMap((command) =>
    command.options.map((option) => {
      const values =
        option.words.length > 0
          ? ` --exclusive --arguments '${option.words.join(' ')}'`
          : option.value !== undefined
            ? ' --require-parameter'
            : '';
      return `${within(command.name)} --long-option ${option.long.slice(2)}${values} --description ${quoted(option.description)}`;
    }),
  );
  return ['# fish completion of zoo', ...names, ...words, ...options].join('\n');
}

/** One word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
