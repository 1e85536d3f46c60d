/**
 * Where the weights lie: a `file:` address in Node, in a page an address that a bundler has settled. {@link https://www.npmjs.com/package/@zoo/classify | openClassifier}
 * and every reader of `@zoo/weights` take it; nothing is read before.
 *
 * A `slim_resnet18` of `@zoo/resnet` with ten classes, its class names and its preprocessing, as float16 safetensors.
 *
 * @example
 * const classifier = await openClassifier(idenprofWeights());
 * const [best] = await classifier.classify('photo.jpg');
 */
export function idenprofWeights(): URL {
  // In this form bundlers see the file and take it along.
  return new URL('../weights/slim-resnet18-idenprof.safetensors', import.meta.url);
}
