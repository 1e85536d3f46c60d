export {
  createClassifier,
  type ClassifiedPicture,
  type Classifier,
  type ClassifierOptions,
  type ClassifyOptions,
} from './classifier';
export { drawHeat, type DrawHeatOptions } from './draw-heat';
export { createEnsemble, type Ensemble } from './ensemble';
export { explain, type ExplainOptions, type Explanation } from './explain';
export { nearestTo, neighborVotes, type Nearest, type NearestOptions, type Neighbor } from './nearest';
export { openClassifier, type OpenClassifierOptions } from './open-classifier';
export { openModel, type ModelSource, type NetworkOptions, type OpenModelOptions } from './open-model';
export { pictureName, type ImageDataLike, type Picture } from './picture';
export { pictureFeatures, type PictureFeatures } from './picture-features';
export { preprocessingOf, type PreprocessingOptions } from './picture-reading';
export type { AverageOptions, ClassProbability } from '@zoo/core';
