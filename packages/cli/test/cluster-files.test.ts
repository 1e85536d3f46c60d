import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

const place = (name: string): URL => new URL(`../../../examples/distributed/${name}`, import.meta.url);
const text = (name: string): string => readFileSync(place(name), 'utf8');

type Schema = Record<string, unknown> & { properties?: Record<string, Schema> };

/** The schema with every field refused that it does not name: Kubernetes drops such fields in silence. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const schema = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, strict(inner)]),
  ) as Schema;
  const isClosed = schema['type'] === 'object' && schema.properties !== undefined;
  return isClosed ? { additionalProperties: false, ...schema } : schema;
}

const schema = JSON.parse(text('schema/mpijob-v2beta1.json')) as Schema;
// Kubernetes' own formats (int32, int64) and keywords (x-kubernetes-...) say nothing about a manifest.
const validate = new Ajv({ strict: false, validateFormats: false }).compile(strict(schema) as Schema);

describe('examples/distributed', () => {
  it("has a manifest that fits the operator's schema, unknown fields refused", () => {
    expect(validate(load(text('mpijob.yaml'))), JSON.stringify(validate.errors)).toBe(true);
  });

  it('would see a misspelt field, and a number where a text belongs', () => {
    expect(validate(load(text('mpijob.yaml').replace('slotsPerWorker', 'slotPerWorker')))).toBe(false);
    expect(validate(load(text('mpijob.yaml').replace("'4'", '4')))).toBe(false);
  });

  it.skipIf(process.platform === 'win32').each(['train.slurm', 'network/shaped.sh'])(
    'has a script that bash reads: %s',
    (name) => {
      const { status, stderr } = spawnSync('bash', ['-n', fileURLToPath(place(name))], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  it.skipIf(process.platform === 'win32').each([
    { what: 'has ended well', status: 0, restarts: '0', requeues: false },
    { what: 'has refused to train', status: 1, restarts: '0', requeues: false },
    { what: 'has lost a machine', status: 205, restarts: '9', requeues: true },
    { what: 'has lost one ten times', status: 205, restarts: '10', requeues: false },
    { what: 'was preempted', status: 'USR2', restarts: '10', requeues: true },
  ])('has a SLURM script that asks for another start where the run $what: $requeues', (each) => {
    const { status, restarts, requeues } = each;
    const folder = mkdtempSync(join(tmpdir(), 'zoo-slurm-'));
    const program = (name: string, body: string) =>
      writeFileSync(join(folder, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
    // The signal comes from below, as it does from SLURM while the launcher runs.
    const preempted = 'trap "exit 0" USR2; kill -USR2 $PPID; while :; do sleep 0.05; done';
    program('mpirun', status === 'USR2' ? preempted : `exit ${status}`);
    program('scontrol', 'echo "$@"');
    const run = spawnSync('bash', [fileURLToPath(place('train.slurm'))], {
      encoding: 'utf8',
      env: {
        ...{ PATH: `${folder}:${process.env['PATH']}`, HOME: folder },
        ...{ SLURM_JOB_ID: '5', SLURM_CPUS_PER_TASK: '1', SLURM_RESTART_COUNT: restarts },
      },
      timeout: 10_000,
    });
    rmSync(folder, { recursive: true });
    expect(run.stdout).toBe(requeues ? 'requeue 5\n' : '');
    if (typeof status === 'number') expect(run.status).toBe(status);
  });

  it('shows in its guide the table that the model gives', () => {
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(place('exchange-cost.mjs'))], {
      encoding: 'utf8',
    });
    const cells = (table: string): string[] =>
      table
        .split('\n')
        .filter((line) => /^\| *\d+ /.test(line))
        .map((line) => line.replaceAll(/\s+/g, ' ').trim());
    const guide = cells(text('README.md'));
    expect(cells(stdout)).toHaveLength(10);
    for (const row of cells(stdout)) expect(guide).toContain(row);
  });
});
