// What came to a source within the last hour: accepted deliveries by minute as bars, all in numbers; and how it stands.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Mark } from "../parts/status.js";
import { api, call } from "../shell/client.js";
import { address } from "../shell/router.js";
import { readNewest } from "./newest.js";
import { Strip } from "./strip.js";

// As they are counted, and as the API names them.
export const OUTCOMES_OF = [["accepted", "accepted"], ["refused", "rejected"], ["duplicate", "duplicate"]];

// A number that changes every half minute that somebody looks.
export function useHalfMinutes() {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || setTurn((before) => before + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  return turn;
}

// The newest outcomes, of a source if the query says so (null: nothing is asked): { found: {deliveries, cursor} or null,
// problem, retry }.
export function useNewest(query) {
  const turn = useHalfMinutes();
  const [state, setState] = useState({ found: null, problem: null });
  const [again, setAgain] = useState(0);
  const before = useRef(null);
  useEffect(() => {
    if (!query) return undefined;
    const stop = new AbortController();
    const ask = async (cursor) => (await call(api("deliveries", { ...query, limit: 1000, cursor }), { signal: stop.signal })).data;
    const show = (found) => setState({ found, problem: null });
    readNewest(before.current, ask, Date.now(), show).then(
      (found) => show(before.current = found),
      (problem) => stop.signal.aborted || setState((shown) => ({ ...shown, problem })),
    );
    return () => stop.abort();
  }, [query?.source, turn, again]);
  return { ...state, retry: () => setAgain((count) => count + 1) };
}

// "12", or "12+" if that is not all.
export const countedTo = (count, whole) => `${count.toLocaleString()}${whole ? "" : "+"}`;

// `standing`: of bySource; `whole`: of hasTheHour.
export function SourceHour({ name, standing: { hour, minutes }, whole }) {
  const some = OUTCOMES_OF.filter(([kind]) => hour[kind] > 0);
  return html`<span class="hour">${hour.accepted > 0 && html`<${Strip} kinds=${[{ name: "accepted", counts: minutes }]} />`}
    <span class="small">${some.length === 0 ? html`<span class="quiet">${whole ? "nothing came" : "not among the newest"}</span>` : some.map(([kind, outcome], at) => html`${at > 0 && ", "}<a key=${kind} class=${kind === "refused" ? "tone-bad" : ""}
      href=${address("deliveries", { source: name, outcome })}>${countedTo(hour[kind], whole)} ${kind}</a>`)}</span></span>`;
}

export function SourceMark({ usable = true, accepted, refused }) {
  if (!usable) return html`<${Mark} of=${["No secret", "key", "bad"]} />`;
  if (refused && refused > accepted) return html`<${Mark} of=${["Refused last", "cross", "warn"]} />`;
  return accepted ? html`<${Mark} of=${["Works", "check", "good"]} />` : html`<${Mark} of=${["Nothing lately", "dots", "quiet"]} />`;
}
