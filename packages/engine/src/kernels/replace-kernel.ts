import * as tf from '@tensorflow/tfjs-core';

/** Ours, so that registering twice does not take our own kernel for the stock one. */
const ours = new WeakSet<tf.KernelFunc>();

/**
 * Puts a kernel in the place of the one that a backend has, if it has one; once, however often it is called.
 *
 * @param make Makes the kernel's function, which may call the stock one.
 */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  make: (stock: tf.KernelFunc | undefined) => tf.KernelFunc,
): void {
  // The declared type excludes undefined, but an unregistered kernel is undefined at run time.
  const stock = tf.getKernel(kernelName, backendName) as tf.KernelConfig | null | undefined;
  if (stock != null && ours.has(stock.kernelFunc)) return;
  const kernelFunc = make(stock?.kernelFunc);
  ours.add(kernelFunc);
  // TensorFlow.js warns of a kernel that is registered twice.
  if (stock != null) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...stock, kernelName, backendName, kernelFunc });
}
