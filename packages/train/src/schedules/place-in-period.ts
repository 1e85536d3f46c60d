/** Which period a time falls in, in units of the first period, and which fraction of that period is over. */
export function placeInPeriod(time: number, growth: number): { period: number; completed: number } {
  if (growth === 1) return { period: Math.floor(time), completed: time - Math.floor(time) };
  const startOf = (index: number): number => (1 - growth ** index) / (1 - growth);
  let period = Math.floor(Math.log(1 - time * (1 - growth)) / Math.log(growth));
  // The logarithms may land just below a whole number at a period's first step.
  if (time >= startOf(period + 1)) period += 1;
  return { period, completed: (time - startOf(period)) / growth ** period };
}
