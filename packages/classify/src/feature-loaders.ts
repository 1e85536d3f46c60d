// What a look into a network takes of `@zoo/resnet`: apart, so that a page fetches it with the first picture that it is about.
export { gradCam, pooledFeatures } from '@zoo/resnet';
