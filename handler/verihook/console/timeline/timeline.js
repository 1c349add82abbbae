// What an instance did and when: a bar for each try of each step, and the same as a table. Of thousands of rows those
// are drawn that can be seen.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Json } from "../parts/content.js";
import { Facts } from "../parts/facts.js";
import { StatusMark } from "../parts/status.js";
import { Ago, duration, wholeTime } from "../parts/time.js";
import { Views } from "../parts/views.js";
import { setQuery, usePlace } from "../shell/router.js";
import { rowsOf, scaleOf, ticks, windowOf } from "./scale.js";

const ROW = 32;
const MOST_ROWS = 500;
const percent = (share) => `${Math.round(share * 1e5) / 1e3}%`;

// `steps` as /v1 lists them; `begin`: when the attempt began, in ISO 8601; `ended`: whether the instance has.
export function Timeline({ steps, begin, ended }) {
  const { query } = usePlace();
  const now = useNow(!ended);
  const rows = useMemo(() => rowsOf(steps, now), [steps, now]);
  const scale = useMemo(() => scaleOf(rows, Date.parse(begin), now), [rows, begin, now]);
  const [chosen, choose] = useChosen();
  const table = query.view === "table";
  return html`<div class="timeline">
    <${Views} table=${table} drawing="Timeline" />
    ${table ? html`<${Steps} steps=${steps} now=${now} />`
      : html`<${Bars} rows=${rows} scale=${scale} now=${ended ? null : now} chosen=${chosen} choose=${choose} />`}
    ${!table && rows[chosen] && html`<${Chosen} row=${rows[chosen]} />`}
  </div>`;
}

// The chosen row, which the address has as soon as nothing has changed for a moment: browsers limit how often it may.
function useChosen() {
  const { query } = usePlace();
  const [chosen, choose] = useState(() => (Number(query.row) || 0) - 1);
  const row = chosen < 0 ? "" : String(chosen + 1);
  useEffect(() => {
    const timer = setTimeout(() => row === (query.row || "") || setQuery({ row }, { replace: true }), 300);
    return () => clearTimeout(timer);
  }, [row]);
  return [chosen, choose];
}

function useNow(moves) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!moves) return undefined;
    const timer = setInterval(() => document.hidden || setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [moves]);
  return now;
}

function Bars({ rows, scale, now, chosen, choose }) {
  const box = useRef(null);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const look = () => setSeen({ top: box.current.scrollTop, height: box.current.clientHeight });
  useEffect(look, [rows.length]);
  const { first, last, above, below } = windowOf(seen.top, seen.height, ROW, rows.length);
  const pressed = (event) => {
    const page = Math.max(1, Math.floor(seen.height / ROW) - 2);
    const to = { ArrowDown: chosen + 1, ArrowUp: chosen - 1, PageDown: chosen + page, PageUp: chosen - page, Home: 0, End: rows.length - 1 }[event.key];
    if (to === undefined || rows.length === 0) return;
    event.preventDefault();
    const at = Math.min(Math.max(to, 0), rows.length - 1);
    choose(at);
    const top = at * ROW;
    if (top < box.current.scrollTop || top + 3 * ROW > box.current.scrollTop + box.current.clientHeight) box.current.scrollTop = top - seen.height / 2;
  };
  return html`<div class="timeline-box" ref=${box} onScroll=${look}>
    <${Axis} scale=${scale} now=${now} />
    <div role="listbox" tabindex="0" aria-label="Steps, the first ones first" aria-activedescendant=${chosen >= first && chosen < last ? `step-${chosen}` : null} onKeyDown=${pressed}>
      <div style=${{ height: `${above}px` }} />
      ${rows.slice(first, last).map((row, at) => html`<${Row} key=${first + at} row=${row} at=${first + at} of=${rows.length} scale=${scale} now=${now}
        chosen=${first + at === chosen} choose=${(row) => choose(row === chosen ? -1 : row)} />`)}
      <div style=${{ height: `${below}px` }} />
    </div></div>`;
}

function Axis({ scale, now }) {
  return html`<div class="timeline-axis" aria-hidden="true"><span class="timeline-name">Step</span><span class="timeline-track">
    ${ticks(scale, 4).map(({ x, ms }) => html`<span key=${x} class="timeline-tick" style=${{ left: percent(x) }}>${ms ? duration(ms) : "0"}</span>`)}
    ${now && html`<span class="timeline-now" style=${{ left: percent(scale.at(now)) }} />`}</span></div>`;
}

function Row({ row, at, of, scale, now, chosen, choose }) {
  const last = row.bars.at(-1);
  const status = last.step.status;
  const tries = row.bars.length > 1 ? `, ${row.bars.length} tries` : "";
  const took = duration(last.to - row.bars[0].from);
  return html`<div class="timeline-row" role="option" id="step-${at}" aria-selected=${chosen} aria-posinset=${at + 1} aria-setsize=${of}
    aria-label="${row.name}, ${status}${tries}, ${took}" onClick=${() => choose(at)}>
    <span class="timeline-name" title=${row.name}><span class="timeline-status" data-status=${status} /><span class="timeline-text">${row.name}</span>
      ${row.bars.length > 1 && html`<span class="count">×${row.bars.length}</span>`}</span>
    <span class="timeline-track">
      ${scale.folds.map(({ x, width, from, to }) => html`<span key=${from} class="timeline-fold" title="${duration(to - from)} without an event" style=${{ left: percent(x), width: percent(width) }} />`)}
      ${row.bars.map((bar, place) => html`<span key=${place} class="timeline-bar" data-status=${bar.step.status} data-open=${bar.open}
        style=${{ left: `min(${percent(scale.at(bar.from))}, 100% - 4px)`, width: percent(scale.at(bar.to) - scale.at(bar.from)) }} />`)}
      <span class="timeline-took" data-before=${scale.at(last.to) > 0.85} style=${{ left: percent(scale.at(scale.at(last.to) > 0.85 ? row.bars[0].from : last.to)) }}>${took}</span>
      ${now && html`<span class="timeline-now" style=${{ left: percent(scale.at(now)) }} />`}
    </span></div>`;
}

function Chosen({ row }) {
  return html`<section class="panel" aria-label="The chosen step"><header><h2>${row.name}</h2></header>
    ${row.bars.map(({ step, from, to }, at) => html`<div key=${at} class="timeline-try">
      ${row.bars.length > 1 && html`<h3>Try ${at + 1}</h3>`}
      <${Facts} facts=${[
        ["Status", html`<${StatusMark} status=${step.status} />`],
        ["Began", html`<${Ago} at=${step.startedAt} />`],
        ["Took", duration(to - from)],
        ["Error", step.error && html`<code>${step.error.code}</code> ${step.error.message}`],
      ]} />
      ${step.input !== null && html`<div><h3>Input</h3><${Json} value=${step.input} what="the input of ${row.name}" /></div>`}
      ${step.output !== null && html`<div><h3>Output</h3><${Json} value=${step.output} what="the output of ${row.name}" /></div>`}
    </div>`)}</section>`;
}

function Steps({ steps, now }) {
  const [whole, setWhole] = useState(false);
  const shown = whole ? steps : steps.slice(0, MOST_ROWS);
  return html`<div class="table-box"><table><caption class="for-readers">Steps, the first ones first</caption>
    <thead><tr><th scope="col">Step</th><th scope="col">Status</th><th scope="col">Began</th><th scope="col">Took</th><th scope="col" class="wide">Error</th></tr></thead>
    <tbody>${shown.map((step, at) => html`<tr key=${at}><th scope="row">${step.name}</th><td><${StatusMark} status=${step.status} /></td>
      <td><time datetime=${step.startedAt}>${wholeTime(step.startedAt)}</time></td>
      <td>${duration((step.endedAt ? Date.parse(step.endedAt) : now) - Date.parse(step.startedAt))}</td>
      <td class="wide">${step.error && html`<code>${step.error.code}</code> ${step.error.message}`}</td></tr>`)}</tbody></table>
    ${shown.length < steps.length && html`<p><button type="button" onClick=${() => setWhole(true)}>Show all ${steps.length.toLocaleString()}</button></p>`}
  </div>`;
}
