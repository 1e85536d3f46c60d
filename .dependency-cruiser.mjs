/** Circles of imports, types included: eslint's `import-x/no-cycle`, which is quick in an editor, sees none of `import type`. */
export default {
  forbidden: [
    {
      name: 'no-circle',
      severity: 'error',
      comment:
        'Files import each other in a circle. Move what they share, often a type, to a file below both.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@zoo/source', 'import', 'default'],
      exportsFields: ['exports'],
    },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/(dist|reports|generated)/' },
  },
};
