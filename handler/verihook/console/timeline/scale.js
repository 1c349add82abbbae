// The steps of an instance as rows of bars over an axis of time on which long stretches without any event are folded.
// Times in milliseconds since the epoch; places on the axis from 0 to 1.

// A stretch is folded if it is longer than this many times all shorter ones together.
const FOLD = 10;
const FOLDED_WIDTH = 0.05;
const MOST_FOLDED = 0.4;

// Steps as the API lists them ({name, status, startedAt, endedAt, ...}, in the order of their starts) -> rows: [{name,
// bars: [{step, from, to, open}]}]. A further try of a step that has failed stands in the row of the first.
export function rowsOf(steps, now) {
  const rows = [];
  const failed = new Map();
  for (const step of steps) {
    const from = Date.parse(step.startedAt) || now;
    const to = step.endedAt ? Math.max(from, Date.parse(step.endedAt) || from) : Math.max(from, now);
    const bar = { step, from, to, open: !step.endedAt };
    let row = failed.get(step.name);
    if (row) row.bars.push(bar);
    else rows.push(row = { name: step.name, bars: [bar] });
    if (step.status === "failed") failed.set(step.name, row);
    else failed.delete(step.name);
  }
  return rows;
}

// The axis over all rows, from `begin` on: {at(ms) -> place, ms(place), folds: [{from, to, x, width}], begin, end}.
export function scaleOf(rows, begin, now) {
  const points = new Set([begin]);
  for (const { bars } of rows) for (const bar of bars) points.add(bar.from).add(bar.to);
  const times = [...points].filter(Number.isFinite).sort((a, b) => a - b);
  if (times.length < 2) times.push((times[0] ?? now) + 1);
  const spans = times.slice(1).map((time, at) => time - times[at]);
  const longest = foldedFrom(spans);
  const folds = spans.filter((span) => span >= longest).length;
  const foldedWidth = Math.min(FOLDED_WIDTH, MOST_FOLDED / Math.max(1, folds));
  const open = spans.reduce((sum, span) => sum + (span < longest ? span : 0), 0);
  const places = [0];
  for (const span of spans) {
    places.push(places.at(-1) + (span >= longest ? foldedWidth : (span / open) * (1 - folds * foldedWidth)));
  }
  return {
    begin: times[0],
    end: times.at(-1),
    at: (time) => between(times, places, time),
    ms: (place) => between(places, times, place),
    folds: spans.flatMap((span, at) => (span < longest ? [] : [
      { from: times[at], to: times[at + 1], x: places[at], width: foldedWidth }])),
  };
}

// From which length on a span is folded: there must be no more of these than of others.
function foldedFrom(spans) {
  const sorted = [...spans].sort((a, b) => a - b);
  let [shorter, found] = [0, Infinity];
  sorted.forEach((span, at) => {
    if (shorter > 0 && span > FOLD * shorter && sorted.length - at <= at) found = Math.min(found, span);
    shorter += span;
  });
  return found;
}

// The value in `to` that stands where `value` stands in `from` (both ascending), in between in proportion.
function between(from, to, value) {
  let [low, high] = [0, from.length - 1];
  if (value <= from[low]) return to[low];
  if (value >= from[high]) return to[high];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (from[middle] <= value) low = middle;
    else high = middle;
  }
  return to[low] + ((value - from[low]) / (from[high] - from[low])) * (to[high] - to[low]);
}

// Marks of the axis at equal distances: [{x, ms since its begin}].
export function ticks(scale, count) {
  return Array.from({ length: count + 1 }, (_, at) => at / count).map((x) => ({ x, ms: Math.round(scale.ms(x) - scale.begin) }));
}

// Which of `count` rows of one height are drawn, with some beyond both edges: {first, last (exclusive), above, below}.
// `above` and `below` are the pixels that stand for the others.
export function windowOf(scrolled, height, rowHeight, count, beyond = 12) {
  const first = Math.min(Math.max(0, Math.floor(scrolled / rowHeight) - beyond), count);
  const last = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + beyond);
  return { first, last: Math.max(first, last), above: first * rowHeight, below: (count - Math.max(first, last)) * rowHeight };
}
