/** A duration for people: `0:07`, `12:34`, `1:02:03`; `–` if it is not known. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return '–';
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const pad = (value: number): string => `${value}`.padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours === 0 ? `${minutes}:${pad(rest)}` : `${hours}:${pad(minutes)}:${pad(rest)}`;
}
