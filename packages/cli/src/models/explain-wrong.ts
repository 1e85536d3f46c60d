import type * as tfl from '@tensorflow/tfjs-layers';
import { createClassifier, drawHeat, explain, type ClassifierOptions } from '@zoo/classify';
import { ZooError } from '@zoo/core';
import { fitImage } from '@zoo/data';
import { encodePng } from '@zoo/data/node';
import type { Prediction } from '@zoo/train';

/** The longer side of a drawing: what a report shows, and some more for screens that are dense. */
const DRAWN_SIDE = 192;

/**
 * Draws, as PNG, where a picture speaks for the class that it was taken for (Grad-CAM); `undefined` for a picture that is gone and for a
 * network that can't be explained.
 *
 * @param model Stays the caller's.
 */
export function explainWrong(
  model: tfl.LayersModel,
  options: ClassifierOptions = {},
): (prediction: Pick<Prediction, 'source' | 'predicted'>) => Promise<Uint8Array | undefined> {
  return async ({ source, predicted }) => {
    try {
      const drawn = drawHeat(await explain(createClassifier(model, options), source, { label: predicted }));
      const scale = DRAWN_SIDE / Math.max(drawn.height, drawn.width);
      const [height, width] = [drawn.height, drawn.width].map((side) =>
        Math.max(1, Math.round(side * scale)),
      );
      return await encodePng(fitImage(drawn, height!, width!));
    } catch (error) {
      // A report is written even if a picture can't be explained.
      if (error instanceof ZooError) return undefined;
      throw error;
    }
  };
}
