import { createClassifier, type Classifier, type NetworkOptions } from '@zoo/classify';

import { noteLine, type CommandIo } from '../command-io';

import { openModel } from './open-model';
import { pictureReading, type PictureReadingOptions } from './picture-reading';

/**
 * The model that `place` means, ready to classify; the caller disposes it. Says so where classes have no names.
 *
 * @throws ArgumentError as `openModel` and `pictureReading` do.
 */
export async function openClassifier(
  place: string,
  options: PictureReadingOptions & Omit<NetworkOptions, 'imageSize'>,
  io: CommandIo,
  argument = '<model>',
): Promise<Classifier> {
  const model = await openModel(place, io, options, argument);
  try {
    const { preprocessing, classNames } = await pictureReading(model, options);
    if (classNames === undefined) {
      noteLine(
        io,
        'The model does not name its classes: numbers stand for them. Give their names with --class-index.',
      );
    }
    return createClassifier(model, { preprocessing, ...(classNames && { classNames }) });
  } catch (error) {
    model.dispose();
    throw error;
  }
}
