// A state machine as a graph with the path that an instance has taken, and the same as a table.
import { html, useMemo, useRef } from "../vendor/preact.js";
import { Facts } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { StatusMark } from "../parts/status.js";
import { Views } from "../parts/views.js";
import { setQuery, usePlace } from "../shell/router.js";
import { boxBeside, layOut, path } from "../graph/layout.js";
import { everyNode, markTaken, readStates } from "../graph/states.js";

// A graph of more states is drawn as a table alone.
const MOST_DRAWN = 400;
const MOST_ROWS = 500;
const EDGE = 16;
const SHAPES = { completed: "check", failed: "cross", running: "play" };
const TYPES = { Choice: "arrow", Wait: "clock", Succeed: "check", Fail: "cross", Parallel: "twin", Map: "twin", Pass: "minus", Task: "play" };

// `definition`: in Amazon's States Language; `steps`: of an instance as /v1 lists them, absent for the definition alone.
// The query has what is shown: `view` and the chosen `state`.
export function Graph({ definition, steps, label }) {
  const { query } = usePlace();
  const scope = useMemo(() => {
    const read = readStates(definition);
    if (steps) markTaken(read, steps);
    return read;
  }, [definition, steps]);
  const all = useMemo(() => [...everyNode(scope)], [scope]);
  const large = all.length > MOST_DRAWN;
  const drawn = useMemo(() => (large ? null : layOut(scope)), [scope, large]);
  const table = large || query.view === "table";
  const chosen = all.find(({ node }) => node.name === query.state);
  const choose = (name) => setQuery({ state: name === query.state ? "" : name }, { replace: true });
  return html`<div class="graph">
    <div class="graph-head">
      ${scope.remarks.map((remark) => html`<p class="note is-quiet">${remark}</p>`)}
      ${large ? html`<p class="quiet">${all.length.toLocaleString()} states are too many to draw.</p>` : html`<${Views} table=${table} drawing="Graph" />`}
    </div>
    ${table ? html`<${States} all=${all} taken=${Boolean(steps)} label=${label} />`
      : html`<${Drawing} drawn=${drawn} label=${label} taken=${Boolean(steps)} chosen=${query.state} choose=${choose} />`}
    ${!table && chosen && html`<${Chosen} ...${chosen} taken=${Boolean(steps)} />`}
  </div>`;
}

function Drawing({ drawn, label, taken, chosen, choose }) {
  const svg = useRef(null);
  const first = Math.max(0, drawn.boxes.findIndex(({ node }) => node.name === chosen));
  const pressed = (event) => {
    const box = event.target.closest("[data-box]");
    if (!box) return;
    const chooses = event.key === "Enter" || event.key === " ";
    const next = boxBeside(drawn.boxes, Number(box.dataset.box), event.key);
    if (chooses) choose(drawn.boxes[box.dataset.box].node.name);
    else if (next !== undefined) svg.current.querySelector(`[data-box="${next}"]`).focus();
    if (chooses || next !== undefined) event.preventDefault();
  };
  const [width, height] = [drawn.width + 2 * EDGE, drawn.height + 2 * EDGE];
  return html`<div class="graph-box"><svg ref=${svg} class="graph-drawing" data-taken=${taken} width=${width} height=${height} viewBox="${-EDGE} ${-EDGE} ${width} ${height}"
    role="group" aria-label="${label}: arrow keys go from state to state" onKeyDown=${pressed}>
    <defs><marker id="graph-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" /></marker>
      <marker id="graph-tip-taken" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" /></marker></defs>
    ${drawn.boxes.filter(({ group }) => group).map((box) => html`<rect key=${box.key} class="graph-group" x=${box.x} y=${box.y} width=${box.width} height=${box.height} rx="10" />`)}
    ${drawn.frames.map((frame, at) => html`<g key=${at} class="graph-frame"><rect x=${frame.x} y=${frame.y} width=${frame.width} height=${frame.height} rx="6" />
      <text x=${frame.x + 8} y=${frame.y + 17}>${frame.title}</text></g>`)}
    ${drawn.edges.map((edge, at) => html`<${Edge} key=${at} ...${edge} />`)}
    ${drawn.dots.map(({ dot, x, y }) => html`<g key=${dot} class="graph-dot"><circle cx=${x} cy=${y} r="7" /><title>${dot}</title>
      ${dot === "end" && html`<circle cx=${x} cy=${y} r="4" class="graph-dot-inner" />`}</g>`)}
    ${drawn.boxes.map((box, at) => html`<${Box} key=${box.key} ...${box} at=${at} taken=${taken} focusable=${at === first} chosen=${box.node.name === chosen} choose=${choose} />`)}
  </svg></div>`;
}

function Edge({ edge, points, x, y, back }) {
  const words = edge.label.length > 12 ? `${edge.label.slice(0, 11)}…` : edge.label;
  return html`<g class="graph-edge" data-kind=${edge.kind} data-taken=${Boolean(edge.taken)} data-back=${Boolean(back)}>
    <path d=${path(points)} marker-end=${edge.taken ? "url(#graph-tip-taken)" : "url(#graph-tip)"} />
    ${words && html`<text x=${x} y=${y} text-anchor="middle"><title>${edge.label}</title>${words}</text>`}</g>`;
}

function Box({ node, x, y, width, height, group, at, taken, focusable, chosen, choose }) {
  const letters = Math.floor((width - 35) / 8.2);
  const shown = node.name.length > letters ? `${node.name.slice(0, letters - 1)}…` : node.name;
  const shape = (taken && SHAPES[node.status]) || TYPES[node.type] || "dots";
  return html`<g class="graph-state" data-box=${at} data-status=${taken ? node.status || "none" : ""} data-group=${group} role="button" tabindex=${focusable ? 0 : -1}
    aria-pressed=${chosen} aria-label=${words(node, taken)} onClick=${() => choose(node.name)}>
    <rect x=${x} y=${y} width=${width} height=${group ? 26 : height} rx="8" />
    <g transform="translate(${x + 9},${group ? y + 5 : y + 12})"><${Icon} name=${shape} ring=${shape === "clock"} /></g>
    <text x=${x + 30} y=${group ? y + 18 : y + 18} class="graph-name">${shown}</text>
    ${!group && html`<text x=${x + 30} y=${y + 32} class="graph-type">${node.type}${taken && node.runs > 1 ? ` · ${node.runs} runs` : ""}</text>`}
    <title>${node.name}</title>
  </g>`;
}

function words(node, taken) {
  const state = taken ? `, ${node.status ? `${node.status}${node.runs > 1 ? `, ${node.runs} runs` : ""}` : "not reached"}` : "";
  return `${node.name}, ${node.type}${state}`;
}

const Ways = ({ next }) => html`${next.map(({ name, kind, label }, at) => html`<div key=${at}>${name ?? "the end"}${
  (label || kind === "catch") && html` <span class="why quiet" title=${label}>${kind === "catch" ? "on an error" : label === "otherwise" ? "" : "if"} ${label}</span>`}</div>`)}`;

function Chosen({ node, next, taken }) {
  return html`<section class="panel graph-chosen" aria-label="The chosen state"><header><h2>${node.name}</h2></header>
    <${Facts} facts=${[
      ["Type", node.type],
      taken && ["Status", node.status ? html`<${StatusMark} status=${node.status} />` : "not reached"],
      taken && ["Runs", node.runs],
      ["Comment", node.comment],
      ["Resource", node.resource && html`<code>${node.resource}</code>`],
      ["Goes on to", next.length > 0 && html`<${Ways} next=${next} />`],
    ]} /></section>`;
}

function States({ all, taken, label }) {
  const { query } = usePlace();
  const shown = query.rows === "all" ? all : all.slice(0, MOST_ROWS);
  return html`<div class="table-box"><table><caption class="for-readers">${label}</caption>
    <thead><tr><th scope="col">State</th><th scope="col">Type</th>${taken && html`<th scope="col">Status</th><th scope="col">Runs</th>`}<th scope="col">Goes on to</th><th scope="col" class="wide">Comment</th></tr></thead>
    <tbody>${shown.map(({ node, next, depth }, at) => html`<tr key=${at}>
      <th scope="row" style=${{ paddingInlineStart: `${0.75 + depth * 1.25}rem` }}>${node.name}</th><td>${node.type}</td>
      ${taken && html`<td>${node.status ? html`<${StatusMark} status=${node.status} />` : html`<span class="quiet">not reached</span>`}</td><td>${node.runs}</td>`}
      <td><${Ways} next=${next} /></td><td class="wide">${node.comment}</td></tr>`)}</tbody></table>
    ${shown.length < all.length && html`<p><button type="button" onClick=${() => setQuery({ rows: "all" }, { replace: true })}>Show all ${all.length.toLocaleString()}</button></p>`}
  </div>`;
}
