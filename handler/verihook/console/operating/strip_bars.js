// Counts by minute as a strip of bars, each kind one path of SVG, stacked. Lengths in pixels.

// kinds: [{name, counts: [number of each bar, the oldest first]}] -> {most, paths: [{name, d, total}]}.
export function stripOf(kinds, { bars = 60, width = 4, gap = 1, height = 28 } = {}) {
  const counts = kinds.map((kind) => lastOf(kind.counts, bars));
  const sums = Array.from({ length: bars }, (_, bar) => counts.reduce((sum, each) => sum + each[bar], 0));
  const most = Math.max(0, ...sums);
  const filled = new Float64Array(bars);
  const paths = kinds.map(({ name }, kind) => {
    let d = "";
    counts[kind].forEach((count, bar) => {
      if (!count) return;
      // What there is can be seen, however little it is beside the highest bar.
      const tall = Math.min(height - filled[bar], Math.max(2, (count / most) * height));
      filled[bar] += tall;
      d += `M${bar * (width + gap)} ${tenth(height - filled[bar])}h${width}v${tenth(tall)}h${-width}z`;
    });
    return { name, d, total: counts[kind].reduce((sum, count) => sum + count, 0) };
  });
  return { most, paths, width: bars * (width + gap) - gap, height };
}

const tenth = (value) => Math.round(value * 10) / 10;

function lastOf(counts, bars) {
  const known = (Array.isArray(counts) ? counts : []).slice(-bars).map((count) => (count > 0 && Number.isFinite(count) ? count : 0));
  return [...Array(bars - known.length).fill(0), ...known];
}

// What a strip shows, for those who do not see it: "the last hour: 12 accepted, 3 refused".
export function stripWords(paths, when) {
  const some = paths.filter(({ total }) => total > 0).map(({ name, total }) => `${total.toLocaleString("en")} ${name}`);
  return `${when}: ${some.join(", ") || "nothing came"}`;
}
