/** Networks that one start of Python answers for: PyTorch takes longer to load than a small network to compute. */
const NETWORKS_A_START = 4;

/** The answer for each of `names`; those of some neighbours are asked for at once, when the first of them is wanted. */
export function inStarts<Answer>(
  names: readonly string[],
  ask: (names: readonly string[]) => Promise<Record<string, Answer>>,
): (name: string) => Promise<Answer> {
  const starts = new Map<number, Promise<Record<string, Answer>>>();
  return async (name) => {
    const start = Math.floor(names.indexOf(name) / NETWORKS_A_START);
    if (!starts.has(start)) {
      starts.set(start, ask(names.slice(start * NETWORKS_A_START, (start + 1) * NETWORKS_A_START)));
    }
    return (await starts.get(start)!)[name]!;
  };
}
