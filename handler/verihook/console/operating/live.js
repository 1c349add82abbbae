// What comes, as it comes: the last 200 outcomes. It stands still while somebody points at it, or has stopped it.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { commandOf, curlOf, flagsOf, keywordsOf, pythonOf } from "../parts/commands.js";
import { CopyAs } from "../parts/copy.js";
import { Filters } from "../parts/filters.js";
import { newOnes } from "./new_ones.js";
import { Awaited, PageHead } from "../parts/page.js";
import { NothingYet, ProblemNote } from "../parts/problem.js";
import { OUTCOME_CHOICES, OutcomeMark, inWords } from "../parts/status.js";
import { Table } from "../parts/table.js";
import { api, segment } from "../shell/client.js";
import { useShortcut } from "../shell/keyboard.js";
import { useResource } from "../shell/resource.js";
import { address, usePlace } from "../shell/router.js";

const MOST_LIVE = 200;
const LIVE_FIELDS = [
  { name: "source", label: "Source", kind: "text", hint: "orders" },
  { name: "outcome", label: "Outcome", kind: "choice", choices: OUTCOME_CHOICES },
];
const LIVE_COLUMNS = [
  { head: "What came", className: "grows", cell: ({ eventType, reason }) => eventType || inWords(reason || "a delivery"), below: ({ detail, source }) => html`<div class="below"><span class="why">${detail}</span><span class="narrow">${source}</span></div>` },
  { head: "Outcome", cell: ({ outcome, count }) => html`<${OutcomeMark} outcome=${outcome} />${count > 1 && html` <span class="count">×${count}</span>`}` },
  { head: "Source", wide: true, cell: ({ source }) => source || html`<span class="quiet">unknown</span>` },
  { head: "When", className: "end", cell: ({ at }) => html`<time datetime=${at}>${new Date(at).toLocaleTimeString()}</time>` },
];

export function Live() {
  const { query: { source, outcome } } = usePlace();
  const url = api("deliveries", { source, outcome, limit: MOST_LIVE });
  const { data, problem, reload, url: answered } = useResource(url, { poll: true });
  const [shown, setShown] = useState({ url: "", rows: [] });
  const [stopped, setStopped] = useState(false);
  const [pointed, setPointed] = useState(false);
  const fresh = answered === url && data ? data.deliveries : null;
  const still = (stopped || pointed) && shown.url === url;
  const waiting = still && fresh ? newOnes(shown.rows, fresh) : 0;
  const show = () => setShown({ url, rows: fresh });
  const box = useRef(null);
  const showNew = () => {
    show();
    // The button is gone then.
    box.current.querySelector(".row-link")?.focus();
  };
  useShortcut("p", "stop or go on", () => setStopped(!stopped));
  useEffect(() => {
    if (fresh && !still) show();
  }, [fresh, still]);
  // The pointer alone stands still for as long as it is over the rows; with the keyboard, the focus does.
  const pause = { onPointerEnter: () => setPointed(true), onPointerLeave: () => setPointed(false), onFocusIn: () => setPointed(true), onFocusOut: () => setPointed(false) };
  return html`
    <${PageHead} title="Live" lead="The last ${MOST_LIVE} outcomes, refused ones too. Point at the rows and they stand still.">
      <button type="button" aria-pressed=${stopped} onClick=${() => setStopped(!stopped)}>${stopped ? "Go on" : "Stop"}</button>
      <${CopyAs} curl=${curlOf(url)} cli=${commandOf("deliveries", "list", ...flagsOf({ source, outcome, limit: String(MOST_LIVE) }))}
        python=${pythonOf(`for delivery in verihook.deliveries(limit=${[MOST_LIVE, keywordsOf({ source, outcome })].filter(Boolean).join(", ")}).deliveries:`, "    print(delivery)")} />
    <//>
    <${Filters} fields=${LIVE_FIELDS} />
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    <div ref=${box} ...${pause}>
      <div class="listing-head"><span class="live" data-failing=${Boolean(problem)} data-still=${still}>${problem ? "Not up to date" : still ? "Stands still" : "Live"}</span>
        ${waiting > 0 && html`<button type="button" class="plain" onClick=${showNew}>${waiting === MOST_LIVE ? `${MOST_LIVE}+` : waiting} new</button>`}</div>
      ${shown.url === "" && !problem ? html`<${Awaited} />` : shown.rows.length === 0 ? html`<${NothingLive} />`
        : html`<${Table} caption="Outcomes, the newest first" columns=${LIVE_COLUMNS} rows=${shown.rows} id=${({ id }) => id} href=${({ id }) => address(`deliveries/${segment(id)}`)} />`}</div>
  `;
}

function NothingLive() {
  return html`<${NothingYet} title="Nothing has come"><p>Leave this open and send a webhook: <code>verihook send orders examples/order.json</code></p><//>`;
}
