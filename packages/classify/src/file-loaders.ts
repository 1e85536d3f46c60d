// What opening a file takes of `@zoo/weights`: apart, so that a page fetches it when a file is opened, and nothing else of that package.
export { inspectWeights, loadKerasModel } from '@zoo/weights';
