// Writes `api/<entry>.api.md` in every package: its public names with their types, from the built declarations, by API Extractor.
// A change of what is public shows in these files. With --check nothing is written: exits with 1 where a report is stale.
// Needs a build first.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const isCheck = process.argv.includes('--check');
const root = resolve(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'zoo-api-'));
const QUIET = { default: { logLevel: 'none' } };

const stale = [];
let count = 0;
try {
  for (const name of readdirSync(join(root, 'packages'))) {
    const directory = join(root, 'packages', name);
    for (const declarations of entriesOf(directory)) {
      count += 1;
      if (reportOf(directory, declarations).apiReportChanged)
        stale.push(`packages/${name}/api/${reportName(declarations)}`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${count} reports of public names, ${stale.length} ${isCheck ? 'stale' : 'changed'}`);
for (const path of stale) console.log(`  ${path}`);
if (isCheck && stale.length > 0) {
  console.error(
    'Expected reports of the public names as they are but these are stale. Run `npm run api` after a build and commit what it writes.',
  );
  process.exitCode = 1;
}

/** The declarations that a package's `exports` lead to. */
function entriesOf(directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return Object.values(manifest.exports ?? {}).flatMap((target) =>
    target.types === undefined ? [] : [join(directory, target.types)],
  );
}

function reportName(declarations) {
  return `${basename(declarations, '.d.ts')}.api.md`;
}

function reportOf(directory, declarations) {
  if (!existsSync(declarations))
    throw new Error(`Expected ${declarations} but there is no such file. Run \`npm run build\` first.`);
  const reportFolder = join(directory, 'api');
  if (!isCheck) mkdirSync(reportFolder, { recursive: true });
  const configObject = {
    newlineKind: 'lf',
    projectFolder: directory,
    mainEntryPointFilePath: declarations,
    compiler: {
      overrideTsconfig: {
        compilerOptions: {
          ...{ target: 'ES2022', module: 'ESNext', moduleResolution: 'Bundler', strict: true },
          ...{ lib: ['ES2022', 'DOM'], types: ['node'], skipLibCheck: true },
        },
      },
    },
    apiReport: {
      enabled: true,
      reportFolder,
      reportFileName: reportName(declarations),
      reportTempFolder: scratch,
    },
    ...{ docModel: { enabled: false }, dtsRollup: { enabled: false }, tsdocMetadata: { enabled: false } },
    messages: {
      extractorMessageReporting: QUIET,
      compilerMessageReporting: QUIET,
      tsdocMessageReporting: QUIET,
    },
  };
  const config = ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: join(directory, 'api-extractor.json'),
    packageJsonFullPath: join(directory, 'package.json'),
  });
  return Extractor.invoke(config, {
    localBuild: !isCheck,
    messageCallback: (message) => {
      message.handled = true;
    },
  });
}
