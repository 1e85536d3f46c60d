// What opening a file takes of `@zoo/weights`, in a chunk of its own, so that a page fetches it when a file is opened, and nothing else of that package.
export { inspectWeights, loadKerasModel } from '@zoo/weights';
