/**
 * The learning rate of an epoch, from 0: 0.001, times 0.1, 0.01, 0.001 and 0.0001 after epochs 80, 120, 160 and 180.
 *
 * Source: OlafenwaMoses/IdenProf, idenprof.py, `lr_schedule`; epochs count from 0 as Keras counts them.
 */
export function learningRateOf(epoch: number): number {
  if (epoch > 180) return 1e-3 * 1e-4;
  if (epoch > 160) return 1e-3 * 1e-3;
  if (epoch > 120) return 1e-3 * 1e-2;
  if (epoch > 80) return 1e-3 * 1e-1;
  return 1e-3;
}
