import { MODEL_FILE, type ModelPlace } from '../compute/compute-types';

import type { PlacedFile } from './placed-files';

/** True if a model, not pictures, is among the files. */
export function holdModel(files: readonly PlacedFile[]): boolean {
  return files.some(({ path }) => MODEL_FILE.test(path) || /(^|\/)model\.json$/.test(path));
}

/**
 * The one model in what was chosen: a model.json with the weights beside it (a run's folder has them in `model/`), or a file, one called
 * best before others.
 *
 * @throws Error that says what is expected where there is none.
 */
export function modelAmong(files: readonly PlacedFile[]): ModelPlace {
  const description = files.find(({ path }) => /(^|\/)model\.json$/.test(path));
  if (description !== undefined) {
    const folder = folderOf(description.path);
    const parts = files.filter(({ path }) => folderOf(path) === folder && /\.bin$/i.test(path));
    const title = folder.split('/')[0] ?? '';
    return place([description, ...parts], title === '' ? 'model.json' : title);
  }
  const models = files.filter(({ path }) => MODEL_FILE.test(path));
  const model =
    models.find(({ path }) => /best/i.test(path)) ?? models[0] ?? (files.length === 1 ? files[0] : undefined);
  if (model !== undefined) return place([model], model.file.name);
  throw new Error(
    'Expected a model: a file .h5, .keras, .pth or .safetensors, or a folder with a model.json and its weights.',
  );
}

function place(files: readonly PlacedFile[], title: string): ModelPlace {
  return { kind: 'files', files: files.map(({ file }) => file), title };
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}
