import { Argument, type Command, type Option } from 'commander';

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
    .action((shell: keyof typeof SCRIPTS) => printLine(io, SCRIPTS[shell](command.parent!.commands)));
}

/** Words that shells take as they are; others, of a model's names say, are left out of a list. */
const PLAIN = /^[\w.:,@%+=-]+$/;

function optionsOf(command: Command): Option[] {
  return command.options.filter(({ long, hidden }) => long !== undefined && !hidden);
}

function choicesOf({ argChoices }: Option): string[] {
  return (argChoices ?? []).filter((choice) => PLAIN.test(choice));
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map(
    (command) =>
      `    ${command.name()}) options="${optionsOf(command)
        .map(({ long }) => long!)
        .join(' ')} --help" ;;`,
  );
  const values = commands.flatMap((command) =>
    optionsOf(command).flatMap((option) => {
      const choices = choicesOf(option);
      return choices.length === 0
        ? []
        : [`    ${command.name()}:${option.long!}) values="${choices.join(' ')}" ;;`];
    }),
  );
  return `# bash completion of zoo
_zoo() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" options= values=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map((command) => command.name()).join(' ')} --help --version" -- "$current"))
    return
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
  esac
}
complete -o default -F _zoo zoo`;
}

function zshScript(commands: readonly Command[]): string {
  const escaped = (text: string): string => text.replace(/[[\]:\\]/g, '\\$&');
  const described = commands.map((command) => `    ${quoted(`${command.name()}:${command.summary()}`)}`);
  const argument = (option: Option): string => {
    const takes = option.required || option.optional;
    const choices = choicesOf(option);
    const values = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
    return quoted(
      `${option.long!}[${escaped(option.description)}]${takes ? `:${option.attributeName()}:${values}` : ''}`,
    );
  };
  const cases = commands.map(
    (command) =>
      `    ${command.name()}) _arguments ${optionsOf(command).map(argument).join(' ')} '--help[print this help]' '*:file:_files' ;;`,
  );
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

function fishScript(commands: readonly Command[]): string {
  const lines = commands.map(
    (command) =>
      `complete --command zoo --condition __fish_use_subcommand --no-files --arguments ${command.name()} --description ${quoted(command.summary())}`,
  );
  const options = commands.flatMap((command) =>
    optionsOf(command).map((option) => {
      const choices = choicesOf(option);
      const takes = option.required || option.optional;
      const values =
        choices.length > 0
          ? ` --exclusive --arguments '${choices.join(' ')}'`
          : takes
            ? ' --require-parameter'
            : '';
      return `complete --command zoo --condition '__fish_seen_subcommand_from ${command.name()}' --long-option ${option.long!.slice(2)}${values} --description ${quoted(option.description)}`;
    }),
  );
  return ['# fish completion of zoo', ...lines, ...options].join('\n');
}

/** One word of a shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
