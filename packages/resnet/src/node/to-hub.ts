import { join } from 'node:path';

import type * as tfl from '@tensorflow/tfjs-layers';
import {
  ArgumentError,
  expectNumber,
  readOptions,
  type AnyRow,
  type OptionsOf,
  type OptionTable,
} from '@zoo/core/options';
import { writeFileAtomically } from '@zoo/weights/node';

import { hubFolder } from '../hub/hub-folder';

const TO_HUB_OPTIONS = {
  /** The card's heading. Default: the model's name. */
  title: { type: 'text' },
  /** What the card says first, in Markdown. */
  description: { type: 'text' },
  /** The Hub's name of the weights' licence: `apache-2.0`. */
  license: { type: 'text' },
  /** What was measured, for the card: `{ 'validation accuracy': 0.84 }`. */
  metrics: {
    type: 'any',
    default: {},
    expected: 'an object of numbers',
    check: (argument, value) => {
      if (typeof value !== 'object' || value === null)
        throw new ArgumentError(argument, 'an object of numbers', value);
      for (const [name, each] of Object.entries(value)) expectNumber(`${argument}.${name}`, each);
      return value as Readonly<Record<string, number>>;
    },
  } as AnyRow<Readonly<Record<string, number>>>,
} as const satisfies OptionTable;

/** Options of {@link toHub}. */
export interface ToHubOptions extends OptionsOf<typeof TO_HUB_OPTIONS> {}

/**
 * Writes `model` as a folder that timm loads and the Hugging Face Hub takes (`hf upload user/repository folder`): `config.json` in timm's
 * schema, `model.safetensors` with timm's names, and a card.
 *
 * `timm.create_model('local-dir:folder', pretrained=True)` gives the logits of the model's answers; `pretrained('hf:...')` gives the model
 * back.
 *
 * @param model A network that timm has: of the variants `torchvision` and `resnetD`, or one with timm's own name.
 * @param folder Created if absent; files of these names in it are replaced.
 * @throws ZooError 'unsupported' for a network, or a way to read pictures, that timm does not have; ArgumentError for a model that does not
 *   say how bytes become its inputs; the file system's error, unchanged.
 */
export async function toHub(
  model: tfl.LayersModel,
  folder: string,
  options: ToHubOptions = {},
): Promise<void> {
  const { title, description, license, metrics = {} } = readOptions(TO_HUB_OPTIONS, options);
  const files = await hubFolder(model, { title, description, license, metrics });
  for (const [name, content] of Object.entries(files)) await writeFileAtomically(join(folder, name), content);
}
