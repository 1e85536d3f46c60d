import type { ModelReading, OpenedModel, RunningEngine } from '../compute/compute-types';

import { byId } from './element';
import { modelAmong } from './model-files';
import { attempt } from './notices';
import { chosenFiles, type PlacedFile } from './placed-files';
import { PROFESSIONS, type Session } from './session';
import { count, duration } from './shown-numbers';

const ENGINE_NAMES: Readonly<Record<string, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'wasm',
  cpu: 'JavaScript',
};

/** Which model is open, on what it runs, and what opens another. */
export class ModelPanel {
  private readonly progress = byId('model-progress', HTMLProgressElement);
  private readonly name = byId('model-name');

  constructor(private readonly session: () => Session) {
    for (const id of ['model-file', 'model-folder']) {
      const input = byId(id, HTMLInputElement);
      input.addEventListener('change', () => {
        attempt(async () => this.open(chosenFiles(input)));
      });
    }
    byId('model-professions').addEventListener('click', () => {
      attempt(async () => this.whileOpening(this.session().open(PROFESSIONS)));
    });
    byId('model-address-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const address = byId('model-address', HTMLInputElement).value.trim();
      if (address !== '')
        attempt(async () =>
          this.whileOpening(this.session().open({ kind: 'address', address }, readingOf())),
        );
    });
    byId('model-reading-form').addEventListener('submit', (event) => {
      event.preventDefault();
      attempt(async () => this.whileOpening(this.session().readOtherwise(readingOf())));
    });
  }

  /** Opens the model among some files. */
  async open(files: readonly PlacedFile[]): Promise<void> {
    if (files.length > 0) await this.whileOpening(this.session().open(modelAmong(files), readingOf()));
  }

  showOpening(): void {
    this.progress.hidden = false;
    this.progress.removeAttribute('value');
  }

  showProgress(fraction: number): void {
    this.progress.value = fraction;
  }

  showModel({ title, classNames, imageSize: [height, width], parameters, durationMs }: OpenedModel): void {
    this.progress.hidden = true;
    this.name.textContent = title;
    byId('model-facts').textContent =
      `${count(classNames.length, 'class')}, ${height} × ${width} pixels, ${count(Math.round(parameters / 1e5) / 10, 'million parameter')}. Opened in ${duration(durationMs)}.`;
    byId('model-professions').hidden = title === 'Professions';
  }

  showEngine({ name, threads }: RunningEngine): void {
    const on = threads === undefined ? '' : ` on ${count(threads, 'thread')}`;
    byId('engine-facts').textContent = `Runs by ${ENGINE_NAMES[name] ?? name}${on}.`;
  }

  /** Hides the progress also where opening fails. */
  async whileOpening(work: Promise<void>): Promise<void> {
    try {
      await work;
    } finally {
      this.progress.hidden = true;
    }
  }
}

/** What the visitor says where files do not. */
function readingOf(): ModelReading {
  const normalization = byId('reading-normalization', HTMLSelectElement).value;
  const side = byId('reading-size', HTMLInputElement).valueAsNumber;
  const classNames = byId('reading-classes', HTMLTextAreaElement)
    .value.split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return {
    ...(normalization !== '' && {
      normalization: normalization as NonNullable<ModelReading['normalization']>,
    }),
    ...(Number.isFinite(side) && { imageSize: [side, side] as const }),
    ...(classNames.length > 0 && { classNames }),
  };
}
