/** Cases of the forward contract that an engine fails, by what makes it fail. */
export type ForwardDifferences = Readonly<Record<string, readonly string[]>>;

const bothSigns = (...names: string[]) =>
  names.flatMap((name) => [`${name} of values of both signs`, `${name} of negative values`]);
const specialValues = (...names: string[]) => names.map((name) => `${name} of special values`);

/** What shading languages leave to the card: here to SwiftShader, which draws and computes in the tests. */
const CARD: ForwardDifferences = {
  // WGSL allows 2^-11 between -pi and pi and any value beyond; OpenGL ES says nothing.
  'sine and cosine are good to 2e-4': [
    ...bothSigns('Cos', 'Sin'),
    'Tan of values of both signs',
    ...specialValues('cos', 'sin', 'tan'),
  ],
  'the logarithm of a negative number is a number': [...bothSigns('Log1p'), ...specialValues('log1p')],
  // Both languages let a compiler assume that there are none.
  'NaN and infinities are no longer that': specialValues(
    ...['acosh', 'asinh', 'cosh', 'elu', 'logSigmoid', 'selu', 'sinh', 'softplus', 'pow'],
  ),
  'a zero has no sign': specialValues('atan2'),
};

/** On TensorFlow.js' WebGL backend. */
export const WEBGL_DIFFERENCES: ForwardDifferences = {
  ...CARD,
  'floor division rounds both numbers first: 1.4 / 0.6 is 1': bothSigns('FloorDiv'),
  'ReLU and ReLU6 make NaN of -Infinity': specialValues('relu', 'relu6'),
  'an infinity is not clipped': specialValues('clipByValue'),
  'Infinity / Infinity is 1': specialValues('div', 'divNoNan'),
  'the remainder of large numbers is wrong': specialValues('mod'),
};

/** On WebGPU. */
export const WEBGPU_DIFFERENCES: ForwardDifferences = {
  ...CARD,
  'NaN is a number after the inverse hyperbolic tangent and the sigmoid': specialValues('atanh', 'sigmoid'),
  'the kernel is missing': bothSigns(
    ...[
      'BitwiseAnd',
      'NonMaxSuppressionV4',
      'SparseFillEmptyRows',
      'SparseReshape',
      'SparseSegmentMean',
      'Unique',
    ],
  ),
  'rows are counted in the wrong bins': bothSigns('DenseBincount'),
};
