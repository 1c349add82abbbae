// What runs, and what has run.
import { html, useEffect, useState } from "../vendor/preact.js";
import { BulkBar } from "./bulk.js";
import { CopyAs, shortened } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Filters, clearFilters } from "../parts/filters.js";
import { Listing } from "../parts/listing.js";
import { Lacking, NoMatch, NothingYet } from "../parts/problem.js";
import { PageHead } from "../parts/page.js";
import { STATUS_CHOICES, StatusMark } from "../parts/status.js";
import { Ago, wholeTime } from "../parts/time.js";
import { api } from "../shell/client.js";
import { useCovered } from "../shell/covered.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address, setQuery, usePlace } from "../shell/router.js";

const NAMES = ["workflow", "status", "source", "tag", "label", "since", "until"];

const VIEWS = [
  ["All", {}],
  ["Running", { status: "running" }],
  ["Failed", { status: "failed" }],
  ["Failed today", { status: "failed", since: new Date(new Date().setHours(0, 0, 0, 0)).toISOString() }],
  ["Suspended", { status: "suspended" }],
  ["Queued", { status: "queued" }],
  ["Queued over 5 min", { status: "queued", until: new Date(Date.now() - 300_000).toISOString() }],
];

const COLUMNS = [
  { head: "Workflow", className: "grows", cell: ({ workflow }) => workflow, below: idAndWhy },
  { head: "Status", cell: ({ status, attempt }) => html`<${StatusMark} status=${status} />${attempt > 1 && html` <span class="count" title="attempt">#${attempt}</span>`}` },
  { head: "Began by", wide: true, cell: begunBy },
  { head: "Labels", wide: true, cell: labels },
  { head: "Changed", wide: true, className: "end", cell: ({ updatedAt }) => html`<${Ago} at=${updatedAt} />` },
  { head: "Created", className: "end", cell: ({ createdAt }) => html`<${Ago} at=${createdAt} />` },
];

export function Instances() {
  const { query } = usePlace();
  const identity = useIdentity();
  const chosen = new Set((query.chosen || "").split(",").filter(Boolean));
  const setChosen = (ids) => setQuery({ chosen: [...ids].join(",") }, { replace: true });
  const [turn, setTurn] = useState(0);
  // A key that is bound to workflows lists one of them at a time.
  const bound = identity.workflows.length > 0;
  const workflows = useWorkflows(identity, bound);
  const fields = fieldsOf(workflows);
  useEffect(() => {
    if (bound && !query.workflow && workflows?.[0]) setQuery({ workflow: workflows[0] }, { replace: true });
  }, [bound, query.workflow, workflows]);
  const { label, ...plain } = Object.fromEntries(NAMES.map((name) => [name, query[name]]));
  const wanted = { ...plain, ...labelQuery(label) };
  const choose = (id) => id && setChosen(toggled(chosen, id));
  const finished = () => {
    setChosen(new Set());
    setTurn(turn + 1);
  };
  const filtered = NAMES.some((name) => query[name] && !(bound && name === "workflow"));
  return html`
    <${PageHead} title="Instances" lead="Every start of a workflow: what runs, what waits, how it ended."><${CopyAs} ...${instancesAs(wanted)} /><//>
    <${Filters} fields=${fields} views=${bound ? [] : VIEWS} />
    <${Lacking} of=${[["instances:manage", "Acting on them"], bound && !query.workflow && ["workflows:read", "Choosing among the workflows of a pattern"]]} />
    ${bound && !query.workflow && workflows?.length === 0 && html`<${NothingStarted} />`}
    <${BulkBar} chosen=${[...chosen]} clear=${() => setChosen(new Set())} done=${finished} />
    ${(!bound || query.workflow) && html`<${Listing} key=${turn} caption="Instances, the newest first" path="instances" query=${wanted} list=${(data) => data.instances}
      columns=${COLUMNS} id=${({ instanceId }) => instanceId} href=${({ instanceId }) => address(`instances/${instanceId}`)}
      chosen=${chosen} choose=${identity.may("instances:manage") ? choose : undefined} note=${lookedTo}
      empty=${() => (filtered ? html`<${NoMatch} what="instance" clear=${() => clearFilters(fields)} />` : html`<${NothingStarted} />`)} />`}
  `;
}

function useWorkflows(identity, bound) {
  const covered = useCovered();
  const found = useResource(!bound && identity.may("workflows:read") ? api("workflows") : null);
  return bound ? covered : found.data?.workflows.map(({ name }) => name);
}

function fieldsOf(workflows) {
  return [
    workflows
      ? { name: "workflow", label: "Workflow", kind: "choice", choices: workflows.map((name) => [name, name]) }
      : { name: "workflow", label: "Workflow", kind: "text" },
    { name: "status", label: "Status", kind: "choice", choices: STATUS_CHOICES },
    { name: "source", label: "Source", kind: "text", hint: "orders" },
    { name: "tag", label: "Tag", kind: "text", hint: "vip" },
    { name: "label", label: "Metadata", kind: "text", hint: "customer=42" },
    { name: "since", label: "Created since", kind: "time" },
    { name: "until", label: "Created until", kind: "time" },
  ];
}

// "customer=42" as the API's own parameter.
function labelQuery(label = "") {
  const at = label.indexOf("=");
  return at > 0 ? { [`metadata.${label.slice(0, at).trim()}`]: label.slice(at + 1).trim() } : {};
}

function toggled(before, id) {
  const next = new Set(before);
  if (!next.delete(id)) next.add(id);
  return next;
}

function idAndWhy({ instanceId, error }) {
  return html`<div class="below"><code title=${instanceId}>${shortened(instanceId, 22)}</code>${error && html`<span class="why">${error.code} ${error.message}</span>`}</div>`;
}

function begunBy({ source, eventType }) {
  return source ? html`<span class="why">${source} <span class="quiet">${eventType}</span></span>` : html`<span class="quiet">the API</span>`;
}

function labels({ tags, metadata }) {
  const pairs = Object.entries(metadata).map(([name, value]) => `${name}=${value}`);
  return html`<div class="labels">${[...tags, ...pairs].slice(0, 4).map((each) => html`<span key=${each} class="label" title=${each}>${each}</span>`)}</div>`;
}

function lookedTo(data) {
  return data.lookedTo && data.cursor && `No index answers these filters together: instances created since ${wholeTime(data.lookedTo)} were looked at.`;
}

function instancesAs(wanted) {
  const options = Object.entries(wanted).filter(([, value]) => value);
  const word = ([name, value]) => (name.startsWith("metadata.") ? ["--metadata", `${name.slice(9)}=${value}`] : [`--${name}`, value]);
  const argument = ([name, value]) => (name.startsWith("metadata.") ? `metadata={${pythonText(name.slice(9))}: ${pythonText(value)}}` : `${name}=${pythonText(value)}`);
  return {
    curl: curlOf(api("instances", wanted)),
    cli: commandOf("instances", "list", ...options.flatMap(word)),
    python: pythonOf(`for instance in verihook.list(${options.map(argument).join(", ")}):`, "    print(instance)"),
  };
}

function NothingStarted() {
  return html`<${NothingYet} title="Nothing has been started yet">
    <p>A webhook starts an instance, and so does a call of the API:</p>
    <pre>verihook send orders examples/order.json --wait</pre>
  <//>`;
}
