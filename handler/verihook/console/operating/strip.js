// Counts of the last 60 minutes as a strip of bars.
import { html } from "../vendor/preact.js";
import { stripOf, stripWords } from "./strip_bars.js";

// `kinds`: [{name, counts}], the oldest minute first; `when`: what time it is about, in words.
export function Strip({ kinds, when = "the last hour" }) {
  const { most, paths, width, height } = stripOf(kinds);
  return html`<svg class="strip" preserveAspectRatio="none" viewBox="0 0 ${width} ${height}" width=${width} height=${height} role="img" aria-label=${stripWords(paths, when)}>
    <path class="strip-floor" d="M0 ${height - 0.5}h${width}" />
    ${most > 0 && paths.map(({ name, d }) => html`<path key=${name} d=${d} data-kind=${name} />`)}</svg>`;
}
