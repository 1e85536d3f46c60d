export { IMAGENET_CLASS_INDEX } from '@zoo/core/imagenet';
