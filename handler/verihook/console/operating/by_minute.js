// How many of these times (ISO 8601) fell into each of the last `bars` minutes, the oldest first.
export function byMinute(times, now, bars = 60) {
  const counts = Array(bars).fill(0);
  for (const time of times) {
    const at = bars - 1 - Math.floor((now - Date.parse(time)) / 60_000);
    if (at >= 0 && at < bars) counts[at] += 1;
  }
  return counts;
}
