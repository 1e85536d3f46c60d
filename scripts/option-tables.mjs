// Writes docs/options.md: the options of every call, from the option tables in packages/*/src and their doc comments. A default that a
// comment states must be the table's. With --check nothing is written: exits with 1 where the page is stale.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

import prettier from 'prettier';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const page = join(root, 'docs', 'options.md');
const program = createProgram();
const checker = program.getTypeChecker();
const problems = [];

const sections = readdirSync(join(root, 'packages')).flatMap((name) => {
  const tables = optionInterfacesOf(join(root, 'packages', name, 'src'));
  return tables.length === 0 ? [] : [`## @zoo/${name}`, ...tables.map(sectionOf)];
});
const text = await prettier.format(
  [
    '# Options of every call',
    'Written by `npm run options` from the tables in the source, which also check what a call is given: see `OptionTable` in `@zoo/core/options`.',
    ...sections,
  ].join('\n\n'),
  { ...(await prettier.resolveConfig(page)), filepath: page },
);

for (const problem of problems) console.error(problem);
const isStale = text !== readFileSync(page, { encoding: 'utf8', flag: 'a+' });
if (process.argv.includes('--check')) {
  if (isStale)
    console.error(
      'Expected docs/options.md as the option tables say but it is stale. Run `npm run options`.',
    );
  if (isStale || problems.length > 0) process.exitCode = 1;
} else {
  writeFileSync(page, text);
  if (problems.length > 0) process.exitCode = 1;
}
console.log(
  `${sections.length} headings and tables of options, ${problems.length} defaults that differ from their comments`,
);

function createProgram() {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const files = ts.sys.readDirectory(
    join(root, 'packages'),
    ['.ts'],
    ['**/node_modules', '**/dist', '**/reports'],
    ['*/src/**/*.ts'],
  );
  return ts.createProgram(files, { ...options, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] });
}

/** Every exported `interface X extends OptionsOf<typeof TABLE>` under a folder, by name. */
function optionInterfacesOf(folder) {
  const found = [];
  for (const file of program.getSourceFiles()) {
    if (relative(folder, file.fileName).startsWith('..')) continue;
    ts.forEachChild(file, (node) => {
      if (!ts.isInterfaceDeclaration(node)) return;
      const table = node.heritageClauses
        ?.flatMap((clause) => clause.types)
        .find((type) => type.expression.getText() === 'OptionsOf')?.typeArguments?.[0];
      if (table !== undefined) found.push({ node, rows: checker.getTypeAtLocation(table) });
    });
  }
  return found.sort((left, right) => (left.node.name.text < right.node.name.text ? -1 : 1));
}

function sectionOf({ node, rows }) {
  const symbol = checker.getSymbolAtLocation(node.name);
  const title = plain(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
  const lines = rows.getProperties().map((row) => rowOf(node, row));
  return [
    `### ${node.name.text}`,
    title,
    ['| option | values | default | |', '| --- | --- | --- | --- |', ...lines].join('\n'),
  ].join('\n\n');
}

function rowOf(node, row) {
  const type = checker.getTypeOfSymbol(row);
  const literal = (name) => literalOf(type, name);
  const comment = plain(ts.displayPartsToString(row.getDocumentationComment(checker)));
  const standard = literal('default');
  const stated = /Default `?([^`\s]+?)`?(?=[.,:;](?:\s|$))/.exec(comment)?.[1];
  if (standard !== undefined && stated !== undefined && !isSame(stated, standard)) {
    problems.push(
      `${where(node)}: \`${row.name}\` has the default ${JSON.stringify(standard)} but its comment says ${stated}.`,
    );
  }
  const isRequired = literal('isRequired') === true;
  return `| \`${row.name}\` | ${cell(valuesOf(node, row, type))} | ${isRequired ? '_must be given_' : cell(standard === undefined ? '' : `\`${JSON.stringify(standard)}\``)} | ${cell(comment)} |`;
}

function valuesOf(node, row, type) {
  const kind = literalOf(type, 'type');
  const given = checker.getTypeAtLocation(node).getProperty(row.name);
  if (kind === 'integer' || kind === 'number') return `${kind}${boundsOf(type)}`;
  if (kind === 'group') {
    const members = givenType(given)
      .getProperties()
      .map((member) => {
        const isOptional = (member.flags & ts.SymbolFlags.Optional) !== 0;
        return `${member.name}${isOptional ? '?' : ''}: ${shownType(node, member)}`;
      });
    return `\`{ ${members.join('; ')} }\``;
  }
  return `\`${shownType(node, given)}\``;
}

function givenType(property) {
  return checker.getNonNullableType(checker.getTypeOfSymbol(property));
}

/** What a caller gives for an option, as TypeScript writes it. */
function shownType(node, property) {
  return checker.typeToString(
    givenType(property),
    node,
    ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope,
  );
}

function boundsOf(type) {
  const [minimum, maximum] = [literalOf(type, 'minimum'), literalOf(type, 'maximum')];
  const parts = [];
  if (minimum !== undefined)
    parts.push(`${literalOf(type, 'exclusiveMinimum') ? 'above' : 'from'} ${minimum}`);
  if (maximum !== undefined) parts.push(`${literalOf(type, 'exclusiveMaximum') ? 'below' : 'to'} ${maximum}`);
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

/** The value of a property that a row's type says as a literal; undefined where it does not. */
function literalOf(type, name) {
  const property = type.getProperty(name);
  if (property === undefined) return undefined;
  const value = checker.getTypeOfSymbol(property);
  if (value.isStringLiteral() || value.isNumberLiteral()) return value.value;
  const words = checker.typeToString(value);
  return { true: true, false: false, null: null }[words];
}

function isSame(stated, standard) {
  const word = stated.replaceAll(/['"]/g, '').replaceAll(/(?<=\d),(?=\d{3})/g, '');
  return (
    word === String(standard) || Number(word) === standard || !/^[\d.'"e-]+$|^(true|false|null)$/.test(stated)
  );
}

function where(node) {
  return `${relative(root, node.getSourceFile().fileName)}: ${node.name.text}`;
}

function plain(comment) {
  return comment
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function cell(words) {
  return words.replaceAll('|', '\\|');
}
