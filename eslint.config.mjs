// @ts-check
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Which packages of ours each package may import: downwards only (ARCHITECTURE.md). */
const MAY_IMPORT = {
  core: [],
  engine: ['core'],
  weights: ['core'],
  resnet: ['core', 'weights'],
  data: ['core', 'weights'],
  train: ['core', 'weights'],
  classify: ['core', 'weights', 'resnet', 'data'],
  idenprof: [],
  cli: ['core', 'engine', 'weights', 'resnet', 'data', 'train', 'classify', 'idenprof'],
};

const NODE_ENTRY = '`node:` modules stay behind a /node subpath: move this to a folder node/.';

/** Files that Node's own modules may be imported in: what a package's /node subpath exports, in folders node/, and all of the command line. */
const NODE_FILES = (name) => [
  `packages/${name}/src/node.ts`,
  `packages/${name}/src/**/node/**/*.ts`,
  `packages/${name}/src/**/*-node.ts`,
];

const packageRules = Object.entries(MAY_IMPORT).flatMap(([name, allowed]) => {
  const forbidden = Object.keys(MAY_IMPORT).filter((other) => other !== name && !allowed.includes(other));
  const patterns = [
    {
      regex: `^@zoo/(${[...forbidden, name].join('|')})(/|$)`,
      message: `@zoo/${name} may import ${allowed.length === 0 ? 'no other package of ours' : allowed.map((other) => `@zoo/${other}`).join(', ')}.`,
    },
    { group: ['**/test/**', '**/dist/**'], message: 'Source never imports tests or built files.' },
  ];
  const nodeBan = { group: ['node:*'], message: NODE_ENTRY, allowTypeImports: true };
  return [
    {
      files: [`packages/${name}/src/**/*.ts`],
      ignores: NODE_FILES(name),
      rules: {
        'no-restricted-imports': ['error', { patterns: name === 'cli' ? patterns : [...patterns, nodeBan] }],
      },
    },
    { files: NODE_FILES(name), rules: { 'no-restricted-imports': ['error', { patterns }] } },
  ];
});

const ENGINE_ROOMS = ['cpu', 'tensorflow', 'wasm', 'webgl', 'webgpu'];

/** Engines share `kernels/` and what lies beside their rooms, and know nothing of each other. */
const engineZones = ENGINE_ROOMS.map((room) => ({
  target: [`packages/engine/src/engines/${room}`, 'packages/engine/src/kernels'],
  from: ENGINE_ROOMS.filter((other) => other !== room).map((other) => `packages/engine/src/engines/${other}`),
  message: 'An engine imports no other engine: what two share goes to packages/engine/src/kernels/.',
}));

export default tseslint.config(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '**/reports',
      '**/.turbo',
      '**/runs',
      'packages/engine/src/**/generated',
      'packages/engine/assembly',
      'packages/data/assembly',
      'packages/data/src/image/jpeg/generated',
      '**/*.mjs',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        // The programs of `npm run typecheck`: with a program for each package the same types are read fourteen times.
        project: [
          // First what knows no DOM: the program of all reads these files too.
          'packages/core/tsconfig.json',
          'packages/weights/tsconfig.json',
          'examples/web/tsconfig.json',
          'tsconfig.all.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: {
      'import-x/resolver-next': [
        createTypeScriptImportResolver({
          project: ['packages/*/tsconfig.json', 'examples/*/tsconfig.json', 'benchmarks/tsconfig.json'],
        }),
      ],
    },
    rules: {
      'import-x/no-cycle': 'error',
      // Options are named after their table: `interface SgdOptions extends OptionsOf<typeof SGD_OPTIONS> {}`.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: engineZones }],
      'import-x/no-extraneous-dependencies': 'off',
      'import-x/order': [
        'error',
        {
          groups: ['builtin', 'external', 'internal', 'parent', 'sibling', 'index'],
          pathGroups: [
            // By their name, too: whether they resolve into node_modules depends on what has been built.
            { pattern: '@zoo/**', group: 'external' },
            // A package's own `imports`: told by their name, since they resolve to nothing before a build.
            { pattern: '#*', patternOptions: { nocomment: true }, group: 'internal' },
          ],
          pathGroupsExcludedImportTypes: ['builtin'],
          'newlines-between': 'always',
          alphabetize: { order: 'asc', caseInsensitive: true },
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Typed arrays and rectangular tables are indexed within bounds that the loop beside them gives.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  ...packageRules,
  {
    files: ['**/test/**/*.ts', '**/flows/**/*.ts', 'benchmarks/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
