// Prints "N passed, N failed, N skipped" from the lanes' results and every vitest report, and the names of what was skipped; exits with 1
// where anything failed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

let passed = 0;
let failed = 0;
const skipped = [];
const failures = [];

for (const line of readFileSync(process.argv[2], 'utf8').trim().split('\n')) {
  const [status, name] = line.split('\t');
  if (status === '0') passed++;
  else if (status === 'skipped') skipped.push(`lane ${name}`);
  else {
    failed++;
    failures.push(`lane ${name}`);
  }
}

for (const path of reports()) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  passed += report.numPassedTests;
  for (const file of report.testResults) {
    const bad = file.assertionResults.filter((test) => test.status === 'failed');
    // A file that could not even load has no failed test of its own.
    if (file.status === 'failed' && bad.length === 0) bad.push({ fullName: file.message });
    failed += bad.length;
    for (const test of file.assertionResults) {
      if (['skipped', 'pending', 'todo', 'disabled'].includes(test.status)) {
        skipped.push(`${relative('.', file.name)}: ${test.fullName}`);
      }
    }
    for (const test of bad) failures.push(`${relative('.', file.name)}: ${test.fullName}`);
  }
}

for (const skip of skipped) console.log(`skipped: ${skip}`);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

function reports() {
  const found = [];
  for (const top of ['packages', 'examples']) {
    for (const name of readdirSync(top)) {
      const directory = join(top, name, 'reports');
      if (!existsSync(directory)) continue;
      for (const file of readdirSync(directory))
        if (file.endsWith('.json')) found.push(join(directory, file));
    }
  }
  return found;
}
