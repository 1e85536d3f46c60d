// What opening takes of `@zoo/resnet`, in a chunk of its own, so that a page fetches it when it needs a network, and nothing else of that package.
export { loadNetwork, pretrained } from '@zoo/resnet';
