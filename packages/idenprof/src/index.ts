/**
 * The address of the weights: a `file:` URL in Node, in a page the address that the bundler gives.
 * {@link https://www.npmjs.com/package/@zoo/classify | openClassifier} and every reader of `@zoo/weights` take it. The call itself reads nothing.
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
