import * as tf from '@tensorflow/tfjs-core';
import {
  createRandom,
  FUSED_KERNELS,
  hasFusedKernel,
  type Formula,
  type FormulaNode,
  type FormulaOperation,
  type Random,
  type UpdateRule,
} from '@zoo/core';

import { expectClose, type ContractCase } from './contract-case';

const tensorAt = (index: number): FormulaNode => ({ operation: 'tensor', index, isScalar: false });
const [weight, gradient, first, second] = [0, 1, 2, 3].map(tensorAt) as [
  FormulaNode,
  FormulaNode,
  FormulaNode,
  FormulaNode,
];
const sharedNumber: FormulaNode = { operation: 'shared', index: 0, isScalar: true };

function of(operation: FormulaOperation, ...operands: readonly Formula[]): FormulaNode {
  const isScalar = operands.every((operand) => typeof operand === 'number' || operand.isScalar);
  return { operation, operands, isScalar: operation === 'norm' || isScalar };
}

/** Every operation between tensors, with numbers on either side and with numbers that a whole weight has. */
function operationRules(): [string, UpdateRule][] {
  const pairs = (['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const).flatMap((name) =>
    (
      [
        ['of tensors', of(name, weight, of('mul', gradient, -0.5))],
        ['with a number', of(name, of('mul', weight, 3), 0.25)],
        ['of a number', of(name, 0.25, of('add', of('mul', gradient, gradient), 1))],
        ['with the shared number', of(name, weight, sharedNumber)],
        ['of a norm', of(name, of('norm', first), of('add', of('mul', gradient, gradient), 1))],
      ] as const
    ).map(([which, formula]): [string, UpdateRule] => [
      `${name} ${which}`,
      { weight: formula, slots: [formula, first] },
    ]),
  );
  const squared = of('mul', gradient, gradient);
  return [
    ...pairs,
    [
      'sqrt',
      { weight: of('sqrt', squared), slots: [of('add', of('sqrt', of('mul', squared, 2)), 0.1), second] },
    ],
    ['sign', { weight: of('sign', gradient), slots: [of('sign', of('mul', gradient, -2)), of('sign', 0)] }],
    [
      'whenPositive',
      {
        weight: of('whenPositive', of('mul', gradient, -1), of('mul', weight, 2), of('mul', first, 3)),
        slots: [of('whenPositive', gradient, 1, first), of('whenPositive', sharedNumber, second, first)],
      },
    ],
    [
      'norms of norms',
      {
        weight: of('mul', weight, of('norm', of('mul', gradient, of('div', 1, of('norm', weight))))),
        slots: [of('mul', first, of('norm', of('add', first, of('norm', second)))), second],
      },
    ],
    // What was before the step is read, whatever has been given its new value already.
    ['an exchange of state', { weight: of('add', weight, first), slots: [second, of('sub', first, weight)] }],
    ['one value for all', { weight: of('mul', gradient, 2), slots: [gradient, of('mul', gradient, 2)] }],
    ['nothing', { weight, slots: [first, second] }],
  ];
}

/** A rule drawn at random; its values stay within bounds, so that rounding does. */
function randomRule(random: Random): UpdateRule {
  const formulas: Formula[] = [weight, gradient, first, second, sharedNumber, 0.5];
  const drawn = (): Formula => formulas[random.integer(0, formulas.length - 1)]!;
  const bounded = (formula: Formula): Formula => of('minimum', of('maximum', formula, -4), 4);
  for (let count = random.integer(4, 24); count > 0; count--) {
    const [left, right, other] = [drawn(), drawn(), drawn()];
    // What is compared with 0 is not rounded, or a value beside it might fall on either side.
    const condition = of('mul', tensorAt(random.integer(0, 3)), -2);
    const square = of('mul', left, left);
    const choices = [
      of('add', left, right),
      of('sub', left, right),
      of('mul', left, right),
      of('div', right, of('add', square, 1)),
      of('sqrt', of('add', square, 0.5)),
      of('maximum', left, right),
      of('minimum', left, right),
      of('mul', right, of('div', 1, of('add', of('norm', left), 1))),
      of('whenPositive', condition, right, other),
    ];
    formulas.push(bounded(choices[random.integer(0, choices.length - 1)]!));
  }
  const last = (from: number): Formula => of('add', formulas.at(-from)!, of('mul', weight, 0));
  return { weight: last(1), slots: [last(2), last(3)] };
}

/** The number that all weights share. */
const SHARED = 0.75;

/** Several parts and tiles of a kernel, and a rest of each number of values. */
const SHAPES = [[5, 7], [3], [129, 131], [1], [2, 2]] as const;

/** The kernel of any rule against its formulas in double precision. */
export function ruleCases(randomRules: number): ContractCase[] {
  const random = createRandom(11);
  return [
    ...operationRules().map(([name, rule]) => ruleCase(name, [rule])),
    ruleCase(
      'rules that differ',
      operationRules().map(([, rule]) => rule),
    ),
    ...Array.from({ length: randomRules }, (_, index) =>
      ruleCase(`drawn rule ${index}`, [randomRule(random.fork('rule', index))]),
    ),
  ];
}

/** @param rules Given to the weights in turn. */
function ruleCase(name: string, rules: readonly UpdateRule[]): ContractCase {
  return {
    name: `update by formulas: ${name}`,
    async check(backend) {
      await tf.setBackend(backend);
      if (!hasFusedKernel(FUSED_KERNELS.ruleUpdate))
        throw new Error('The engine has no kernel for formulas.');
      const random = createRandom(5).fork(name);
      const arrays = SHAPES.map((shape) =>
        Array.from({ length: 4 }, () =>
          Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal()),
        ),
      );
      const ofWeights = SHAPES.map((_, index) => rules[index % rules.length]!);
      const before = tf.memory().numTensors;
      const tensors = [0, 1, 2, 3].map((kind) =>
        SHAPES.map((shape, index) => tf.tensor(arrays[index]![kind]!.slice(), [...shape])),
      );
      const shared = tf.scalar(SHARED);
      const inputs = [...tensors.flat(), shared];
      const outputs = tf
        .engine()
        .runKernel<tf.Tensor[]>(FUSED_KERNELS.ruleUpdate, inputs as never, { rules: ofWeights } as never);
      const results = outputs.length === 0 ? [tensors[0]!, tensors[2]!, tensors[3]!].flat() : outputs;
      const values = await Promise.all(results.map(async (tensor) => tensor.data<'float32'>()));
      ofWeights.forEach((rule, index) => {
        const expected = expectedValues(rule, arrays[index]!);
        expected.forEach((array, kind) => {
          const what = `weight ${index}, value ${kind}`;
          expectClose(values[kind * SHAPES.length + index]!, array, 1e-5, what);
        });
      });
      tf.dispose([...inputs, ...outputs]);
      if (tf.memory().numTensors !== before) throw new Error('Tensors are left.');
    },
  };
}

/** The rule in double precision. */
function expectedValues(rule: UpdateRule, arrays: readonly Float32Array[]): Float64Array[] {
  const known = new Map<Formula, Float64Array>();
  const all = (value: number): Float64Array => new Float64Array(count).fill(value);
  const count = arrays[0]!.length;
  const evaluate = (formula: Formula): Float64Array => {
    const value = known.get(formula) ?? computed(formula);
    known.set(formula, value);
    return value;
  };
  const computed = (formula: Formula): Float64Array => {
    if (typeof formula === 'number') return all(formula);
    if (formula.operation === 'shared') return all(SHARED);
    if (formula.operation === 'tensor') return Float64Array.from(arrays[formula.index]!);
    const operands = formula.operands.map(evaluate);
    if (formula.operation === 'norm') {
      return all(Math.sqrt(operands[0]!.reduce((sum, value) => sum + value ** 2, 0)));
    }
    const compute = REFERENCE[formula.operation];
    const [first, second = first, third = first] = operands as [Float64Array, Float64Array?, Float64Array?];
    return first.map((value, at) => compute(value, second[at]!, third[at]!));
  };
  return [rule.weight, ...rule.slots].map(evaluate);
}

const REFERENCE: Readonly<
  Record<Exclude<FormulaOperation, 'norm'>, (first: number, second: number, third: number) => number>
> = {
  add: (left, right) => left + right,
  sub: (left, right) => left - right,
  mul: (left, right) => left * right,
  div: (left, right) => left / right,
  maximum: (left, right) => Math.max(left, right),
  minimum: (left, right) => Math.min(left, right),
  sqrt: (value) => Math.sqrt(value),
  sign: (value) => Math.sign(value),
  whenPositive: (condition, then, otherwise) => (condition > 0 ? then : otherwise),
};
