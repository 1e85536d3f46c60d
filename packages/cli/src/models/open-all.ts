/** What `open` makes of each of `places`, in turn; where one fails, those before it are disposed. */
export async function openAll<Opened extends { dispose(): unknown }>(
  places: readonly string[],
  open: (place: string) => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  try {
    for (const place of places) opened.push(await open(place));
    return opened;
  } catch (error) {
    for (const each of opened) each.dispose();
    throw error;
  }
}
