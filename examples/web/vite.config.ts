import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

import { contentSecurityPolicy, securityHeaders } from './content-security-policy';
import { offlineFiles } from './offline-plugin';
import { professionsModel } from './professions-plugin';

/** Puts the policy into the built page, for servers that send no headers. */
const policyInPage: Plugin = {
  name: 'policy-in-page',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: contentSecurityPolicy },
      injectTo: 'head-prepend',
    },
  ],
};

/** TensorFlow.js in files of its own: they change less often than the page's. */
const output = {
  codeSplitting: {
    groups: [
      { name: 'tensorflow-webgpu', test: /node_modules\/@tensorflow\/tfjs-backend-webgpu/ },
      { name: 'tensorflow-webgl', test: /node_modules\/@tensorflow\/tfjs-backend-webgl/ },
      { name: 'tensorflow-wasm', test: /node_modules\/@tensorflow\/tfjs-backend-wasm/ },
      { name: 'tensorflow-cpu', test: /node_modules\/@tensorflow\/tfjs-backend-cpu/ },
      // What all parts of the worker need, in one file: many small ones are larger together, and slower.
      {
        name: 'core',
        test: /(core|data)\/src\/(image\/decoded-image|image\/picture-format|image\/headers\/(header-fields|common-formats|exif-orientation|jpeg-header|png-header|webp-header)|errors|option-table|option-rows|arguments|read-model-metadata|pixel-normalization|model-metadata|memoize|inflate-base64|tensor-methods|requests\/request-limits)\.ts/,
        priority: 2,
      },
      { name: 'kernels', test: /packages\/engine\/src\/kernels\//, priority: 2 },
      // First, or the group of a backend takes along what others use too.
      {
        name: 'tensorflow',
        test: /node_modules\/(@tensorflow\/tfjs-(core|layers)|long|seedrandom)\//,
        priority: 3,
      },
      { name: 'tensorflow-shared', test: /tfjs-backend-cpu\/dist\/shared/, priority: 1 },
    ],
  },
};

export default defineConfig({
  // Any folder of a site will do.
  base: './',
  // Packages of this repository are read from their sources, so that nothing has to be built before. Leave this out elsewhere.
  resolve: { conditions: ['@zoo/source', ...defaultClientConditions] },
  plugins: [policyInPage, professionsModel(), offlineFiles()],
  server: { headers: securityHeaders(true) },
  preview: { headers: securityHeaders(false) },
  worker: { format: 'es', rolldownOptions: { output } },
  build: {
    target: 'es2022',
    // Everything a file: the policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: { index: 'index.html', 'service-worker': 'src/service-worker.ts' },
      output: {
        entryFileNames: ({ name }) =>
          name === 'service-worker' ? 'service-worker.js' : 'assets/[name]-[hash].js',
      },
    },
  },
});
