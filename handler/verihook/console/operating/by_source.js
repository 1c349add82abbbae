// What came to each source, from the first page of the list of deliveries (times in ISO 8601).
const HOUR_MS = 3_600_000;
const OUTCOME_KINDS = new Map([["accepted", "accepted"], ["resumed", "accepted"], ["rejected", "refused"], ["duplicate", "duplicate"]]);

// A Map of name to {hour: {accepted, refused, duplicate}, minutes, accepted, refused}, by what came last. `minutes`: how
// many were accepted in each of the last 60, the oldest first; `accepted` and `refused`: when the last one was, or "".
export function bySource({ deliveries }, now) {
  const found = new Map();
  for (const { source, outcome, at, count } of deliveries) {
    if (!source || !OUTCOME_KINDS.has(outcome)) continue;
    const kind = OUTCOME_KINDS.get(outcome);
    const standing = found.get(source) ?? nothing();
    found.set(source, standing);
    if (kind !== "duplicate") standing[kind] ||= at;
    const minute = 59 - Math.floor((now - Date.parse(at)) / 60_000);
    if (kind === "accepted" && minute >= 0 && minute < 60) standing.minutes[minute] += 1;
    if (now - Date.parse(at) < HOUR_MS) standing.hour[kind] += count;
  }
  return found;
}

// Whether the page has all of the last hour; if not, what is counted of it is the least that came.
export function hasTheHour({ deliveries, cursor }, now) {
  return !cursor || now - Date.parse(deliveries.at(-1)?.at) >= HOUR_MS;
}

export function nothing() {
  return { hour: { accepted: 0, refused: 0, duplicate: 0 }, minutes: Array(60).fill(0), accepted: "", refused: "" };
}
