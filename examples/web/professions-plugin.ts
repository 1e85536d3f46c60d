import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Plugin } from 'vite';

import { importSource } from '../../scripts/bundle-source.mjs';

/** Where the page finds the model, beside itself. */
const FOLDER = 'professions';

/** From the packages' sources, as the page is: a site of yours saves its model once, by `zoo import` or `saveLayersModel`. */
const PROGRAM = `
  import '@tensorflow/tfjs-backend-cpu';
  import { openModel } from '@zoo/classify';
  import { saveLayersModel } from '@zoo/weights/node';
  import { createRequire } from 'node:module';

  export async function save(directory) {
    const { resolve } = createRequire(import.meta.url);
    const model = await openModel(resolve('@zoo/idenprof/slim-resnet18-idenprof.safetensors'));
    await saveLayersModel(model, directory, { dtype: 'float16' });
    model.dispose();
  }
`;

/**
 * Puts the professions' network of `@zoo/idenprof` beside the page as TensorFlow.js keeps models, float16 as it is published: TensorFlow.js
 * itself reads that, so that a visit that names a picture fetches no reader of files and no builder of networks.
 */
export function professionsModel(): Plugin {
  let made: Promise<ReadonlyMap<string, Buffer>> | undefined;
  const files = () => (made ??= makeFiles());
  return {
    name: 'professions-model',
    async generateBundle() {
      for (const [name, source] of await files())
        this.emitFile({ type: 'asset', fileName: `${FOLDER}/${name}`, source });
    },
    configureServer(server) {
      server.middlewares.use(`/${FOLDER}`, (request, response, next) => {
        files().then((made) => {
          const file = made.get(request.url!.slice(1));
          if (file === undefined) next();
          else response.end(file);
        }, next);
      });
    },
  };
}

async function makeFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const { save } = (await importSource(PROGRAM)) as { save: (directory: string) => Promise<void> };
  const directory = await mkdtemp(join(tmpdir(), 'zoo-professions-'));
  try {
    await save(directory);
    const names = await readdir(directory);
    return new Map(
      await Promise.all(
        names.map(async (name): Promise<[string, Buffer]> => [name, await readFile(join(directory, name))]),
      ),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}
