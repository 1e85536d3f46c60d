import { idenprofWeights } from '@zoo/idenprof';
import type { Command } from 'commander';

import { noteLine, type CommandIo } from '../command-io';

import { isPictureFolder, isPicturePlace } from './picture-paths';

/** The model that comes with the command: its answers need no training and no download. */
export const SHIPPED_MODEL = 'idenprof';

/** Where the weights of the model that comes along lie, if `name` means it. */
export function shippedWeights(name: string): URL | undefined {
  return name === SHIPPED_MODEL ? idenprofWeights() : undefined;
}

/**
 * What stands before pictures on the command line, and the pictures: the model that comes along where only pictures, or folders of them,
 * are named, which is said.
 *
 * @throws CommanderError, as for any wrong usage, if no picture is named.
 */
export async function modelAndPictures(
  command: Command,
  places: readonly string[],
  io: CommandIo,
): Promise<{ model: string; pictures: string[] }> {
  const [first, ...others] = places;
  if (first !== undefined && (isPicturePlace(first) || (await isPictureFolder(first)))) {
    noteLine(io, `No model is named: ${SHIPPED_MODEL} answers, which tells ten professions.`);
    return { model: SHIPPED_MODEL, pictures: [...places] };
  }
  if (first !== undefined && others.length > 0) return { model: first, pictures: others };
  const received = first === undefined ? 'neither' : `'${first}' alone`;
  const name = `zoo ${command.name()}`;
  return command.error(
    `error: Expected pictures, or a model and pictures, but received ${received}. Name them: ${name} photo.jpg, or ${name} runs/pictures photo.jpg.`,
  );
}
