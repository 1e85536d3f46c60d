// What explanations take of `@zoo/resnet`, in a chunk of its own that a page fetches with the first explained picture.
export { gradCam, pooledFeatures } from '@zoo/resnet';
