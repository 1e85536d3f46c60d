import { ArgumentError } from '@zoo/core';

/** The new label of each old one, where names keep their meaning; undefined for a class that `to` leaves out. */
export function relabelling(from: readonly string[], to: readonly string[]): (number | undefined)[] {
  const labels = from.map((): number | undefined => undefined);
  to.forEach((name, label) => {
    const old = from.indexOf(name);
    if (old === -1) throw new ArgumentError('options.classNames', `names out of ${from.join(', ')}`, name);
    if (labels[old] !== undefined) throw new ArgumentError('options.classNames', 'different names', name);
    labels[old] = label;
  });
  return labels;
}
