/** What `open` makes of each of `places`, in turn, and what the user calls it; where one fails, those before it are disposed. */
export async function openAll<Opened extends { dispose(): unknown }>(
  places: readonly string[],
  open: (place: string, argument: '<model>' | '--with') => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  try {
    for (const [at, place] of places.entries())
      opened.push(await open(place, at === 0 ? '<model>' : '--with'));
    return opened;
  } catch (error) {
    for (const each of opened) each.dispose();
    throw error;
  }
}
