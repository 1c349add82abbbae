// What people have to decide: the open waits of all instances, the one that has waited longest first.
import { html, useState } from "../vendor/preact.js";
import { AnswerDialog } from "./answer.js";
import { commandOf, curlOf, flagsOf, keywordsOf, pythonOf } from "../parts/commands.js";
import { CopyAs } from "../parts/copy.js";
import { Filters, clearFilters } from "../parts/filters.js";
import { joined } from "../parts/listing.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, NoMatch, NothingYet, ProblemNote } from "../parts/problem.js";
import { StatusMark } from "../parts/status.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address, usePlace } from "../shell/router.js";

const FIELDS = [{ name: "workflow", label: "Workflow", kind: "text", hint: "order-approval" }];

export function Waits() {
  const identity = useIdentity();
  const { query: { workflow = "" } } = usePlace();
  const { data, problem, reload } = useResource(api("waits", { workflow, limit: 100 }), { poll: true });
  const [further, setFurther] = useState({ of: "", waits: [], cursor: null });
  const [asked, setAsked] = useState(null);
  const answers = identity.may("events:send");
  const more = further.of === workflow ? further : { waits: [], cursor: data?.cursor };
  const waits = data && joined(data.waits, more.waits, keyOf);
  const answered = () => {
    const { instanceId } = asked.wait;
    setAsked(null);
    announce(`${instanceId} has its answer.`, { href: address(`instances/${segment(instanceId)}`), linked: "Open it" });
    setFurther((before) => ({ ...before, waits: before.waits.filter((each) => keyOf(each) !== keyOf(asked.wait)) }));
    reload();
  };
  const showMore = async () => {
    const { data: next } = await call(api("waits", { workflow, limit: 100, cursor: more.cursor ?? data.cursor }));
    setFurther({ of: workflow, waits: joined(more.waits, next.waits, keyOf), cursor: next.cursor });
  };
  return html`
    <${PageHead} title="Waiting" lead="Workflows that wait for a decision. What you send is what they get.">
      <${CopyAs} ...${waitsAs(workflow)} />
    <//>
    <${Filters} fields=${FIELDS} />
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<${Awaited} />`}
    <${Lacking} of=${[["events:send", "Answering them"]]} />
    ${waits && (waits.length > 0 ? html`<p class="for-readers" role="status">${waits.length} waiting</p>
      <${Table} caption="Open waits, the oldest first" rows=${waits} id=${keyOf} columns=${columns(answers, setAsked)} href=${({ instanceId }) => address(`instances/${segment(instanceId)}`)} />`
      : workflow ? html`<${NoMatch} what="wait" clear=${() => clearFilters(FIELDS)} />` : html`<${Nothing} />`)}
    ${waits && (further.of === workflow ? more.cursor : data.cursor) && html`<div class="listing-foot"><button type="button" onClick=${showMore}>Show more</button></div>`}
    ${asked && html`<${AnswerDialog} ...${asked} onClose=${() => setAsked(null)} done=${answered} />`}
  `;
}

const keyOf = ({ instanceId, name, since }) => `${instanceId} ${name} ${since}`;

function columns(answers, setAsked) {
  const button = (wait, as, words, className = "") => html`<button type="button" class=${className} aria-label="${words}: ${wait.name} of ${wait.instanceId}" onClick=${() => setAsked({ wait, as })}>${words}…</button>`;
  return [
    { head: "What", className: "grows", cell: ({ workflow, name }) => html`${workflow}: ${name}`, below: About },
    { head: "Since", cell: ({ since }) => html`<${Ago} at=${since} />` },
    { head: "Until", wide: true, cell: ({ until }) => (until ? html`<${Ago} at=${until} />` : html`<span class="quiet">its workflow's end</span>`) },
    { head: "Instance", wide: true, cell: ({ status }) => html`<${StatusMark} status=${status} />` },
    ...(answers ? [{ head: "Answer", className: "end", cell: (wait) => html`<span class="answers">${button(wait, "approve", "Approve", "primary")}${button(wait, "reject", "Reject")}${button(wait, "send", "Send", "plain")}</span>` }] : []),
  ];
}

// What the workflow shows of it, and how its instance is labelled.
function About({ shows, instanceId, metadata, tags }) {
  const labels = [...tags, ...Object.entries(metadata).map(([key, value]) => `${key}=${value}`)];
  const shown = shows === null ? "" : typeof shows === "string" ? shows : JSON.stringify(shows);
  return html`<div class="below">${shown && html`<span class="why">${shown}</span>`}<code>${instanceId}</code>${labels.length > 0 && html`<span class="why">${labels.join(", ")}</span>`}</div>`;
}

function Nothing() {
  return html`<${NothingYet} title="Nothing waits for a decision">
    <p>A workflow that calls <code>wait_for_event(context, "approved", seconds, shows=…)</code> stands here until somebody answers it. The one that comes with Verihook:</p>
    <pre>verihook workflows run order-approval --input '{"orderId": "7", "amount": 20}'</pre><//>`;
}

function waitsAs(workflow) {
  return {
    curl: curlOf(api("waits", { workflow })),
    cli: commandOf("events", "waiting", ...flagsOf({ workflow })),
    python: pythonOf(`for wait in verihook.waits(${keywordsOf({ workflow })}).waits:`, "    print(wait.instance_id, wait.name, wait.shows)"),
  };
}
