// What failed, grouped by workflow and error, with a way to do a whole group again or to set it aside; and callbacks that
// were given up.
import { html, useState } from "../vendor/preact.js";
import { useAll, useCovered } from "../shell/covered.js";
import { commandOf, curlOf, flagsOf, keywordsOf, pythonOf, pythonText } from "../parts/commands.js";
import { CopyAs } from "../parts/copy.js";
import { Confirm } from "../parts/dialog.js";
import { Filters, clearFilters } from "../parts/filters.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, NoMatch, NothingYet, ProblemNote } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { announce } from "../shell/announce.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address, usePlace } from "../shell/router.js";

const FAILURE_FIELDS = [
  { name: "workflow", label: "Workflow", kind: "text" },
  { name: "since", label: "Created since", kind: "time" },
];

export function Failures() {
  const { query: { workflow, since, dismissed } } = usePlace();
  const manages = useIdentity().may("instances:manage");
  const covered = useCovered();
  const [asked, setAsked] = useState(null);
  const wanted = workflow ? [workflow] : covered;
  const urlOf = (name) => api("failures", { workflow: name, since, dismissed: dismissed && "true" });
  const { answers, problem, retry } = useAll(wanted && wanted.map(urlOf));
  const groups = answers?.flatMap(({ failures }) => failures);
  const callbacks = answers?.flatMap((each) => each.callbacks) || [];
  const done = (words) => () => {
    setAsked(null);
    announce(words);
    retry();
  };
  const list = (caption, rows, id, columns) => html`<${Table} caption=${caption} rows=${rows} id=${id} columns=${columns.filter(({ of }) => !of || rows.some((row) => row[of]))}
    href=${({ last, instanceId }) => address(`instances/${segment(instanceId || last.instanceId)}`)} />`;
  return html`
    <${PageHead} title="Failures" lead="Instances that failed or timed out, by workflow and error; and callbacks that no receiver has taken.">
      ${manages && html`<a class="button primary" href=${redriveOf({ workflow, firstAt: since })}>Redrive many…</a>`}
      <${CopyAs} ...${wanted && copies(wanted, urlOf, since, dismissed)} />
    <//>
    <${Filters} fields=${FAILURE_FIELDS} views=${FAILURE_VIEWS} />
    ${problem && html`<${ProblemNote} problem=${problem} retry=${retry} />`}
    ${!groups && !problem && html`<${Awaited} />`}
    ${answers?.some(({ complete }) => !complete) && html`<p class="note is-quiet">Only the newest are counted: each count is at least that. A later time shows fewer.</p>`}
    ${groups && (groups.length > 0 ? list("Failures, the last ones first", groups, groupKey, groupColumns(manages, setAsked))
      : callbacks.length > 0 ? "" : workflow || since ? html`<${NoMatch} what="failure" clear=${() => clearFilters(FAILURE_FIELDS)} />` : html`<${NoFailure} />`)}
    ${callbacks.length > 0 && html`<h2 class="section">Callbacks that were given up</h2>${list("Callbacks, the last ones first", callbacks, ({ instanceId }) => instanceId, callbackColumns(manages, setAsked))}`}
    <${Lacking} of=${[["instances:manage", "Redriving, dismissing or sending again"]]} />
    ${asked?.act === "send" && html`<${Confirm} title="Send the callback again" verb="Send again" onClose=${() => setAsked(null)} done=${done("The callback is sent again.")}
      words="Its receiver gets the same end under the same webhook-id. The ten tries begin again."
      act=${() => call(api(`instances/${segment(asked.row.instanceId)}/callback`), { method: "POST" })} />`}
    ${asked?.act === "dismiss" && html`<${DismissDialog} row=${asked.row} onClose=${() => setAsked(null)} done=${done("Dismissed, until it fails again.")} />`}
  `;
}

// The commands and the client list what is open alone.
function copies(names, urlOf, since, dismissed) {
  const curl = names.map((name) => curlOf(urlOf(name))).join("");
  const cli = names.map((workflow) => commandOf("instances", "failures", ...flagsOf({ workflow, since }))).join("");
  return dismissed ? { curl } : { curl, cli, python: pythonFailures(names, since) };
}

function pythonFailures(names, since) {
  const time = since && `since=datetime.fromisoformat(${pythonText(since)})`;
  const code = pythonOf(...names.flatMap((workflow) => [
    `for group in verihook.failures(${[keywordsOf({ workflow }), time].filter(Boolean).join(", ")}):`, "    print(group)"]));
  return since ? `from datetime import datetime\n${code}` : code;
}

const FAILURE_VIEWS = [["Open", {}], ["With those dismissed", { dismissed: "yes" }]];

const groupKey = ({ workflow, error }) => `${workflow} ${error}`;

// What can be done with a row, and what somebody has decided about it.
function decided(manages, ask, buttons) {
  return [
    { head: "Dismissed", of: "dismissed", wide: true, cell: ({ dismissed }) => dismissed && html`<span title=${dismissed.note}><${Ago} at=${dismissed.at} /> by ${dismissed.by.name || dismissed.by.entry}<span class="why">${dismissed.note}</span></span>` },
    ...(manages ? [{ head: "Do", className: "end", cell: (row) => html`<div class="answers">${buttons(row)}
      ${!row.dismissed && html`<button type="button" aria-label="Dismiss ${row.error ?? row.instanceId ?? "those without an error"} of ${row.workflow}" onClick=${() => ask({ act: "dismiss", row })}>Dismiss…</button>`}</div>` }] : []),
  ];
}

const groupColumns = (manages, ask) => [
  { head: "Error", className: "grows", cell: ({ error }) => html`<code>${error || "none given"}</code>`,
    below: ({ last, workflow }) => html`<div class="below"><span class="why">${last.error?.message}</span><span class="narrow">${workflow}</span></div>` },
  { head: "Count", className: "end", cell: ({ count }) => count.toLocaleString() },
  { head: "Workflow", wide: true, cell: ({ workflow }) => html`<a href=${address("instances", { workflow, status: "failed" })}>${workflow}</a>` },
  { head: "Last failed in", wide: true, cell: ({ last }) => html`<${FailedStep} id=${last.instanceId} engine=${last.engine} />` },
  { head: "First", wide: true, cell: ({ firstAt }) => html`<${Ago} at=${firstAt} />` },
  { head: "Last", className: "end", cell: ({ lastAt }) => html`<${Ago} at=${lastAt} />` },
  ...decided(manages, ask, (group) => html`<a class="button" href=${redriveOf(group)} aria-label="Redrive those of ${group.workflow} with ${group.error}">Redrive…</a>`),
];

const callbackColumns = (manages, ask) => [
  { head: "Instance", className: "grows", cell: ({ instanceId }) => html`<code>${instanceId}</code>`, below: ({ workflow }) => html`<div class="below">${workflow}</div>` },
  { head: "Tries", className: "end", cell: ({ tries }) => tries },
  { head: "Given up", className: "end", cell: ({ at }) => html`<${Ago} at=${at} />` },
  ...decided(manages, ask, (row) => html`<button type="button" onClick=${() => ask({ act: "send", row })}>Send again…</button>`),
];

// The step in which the last one of a group failed: its steps say it, if its engine has any.
function FailedStep({ id, engine }) {
  const { data } = useResource(engine === "function" ? null : api(`instances/${segment(id)}/steps`));
  return data?.steps.findLast(({ status }) => status === "failed")?.name || html`<span class="quiet">${engine === "function" ? "a function is one step" : "…"}</span>`;
}

function DismissDialog({ row: { workflow, error, instanceId }, onClose, done }) {
  const [note, setNote] = useState("");
  const which = instanceId ? { instanceId } : { workflow, error };
  return html`<${Confirm} title=${instanceId ? "Dismiss this callback" : "Dismiss these failures"} verb="Dismiss" onClose=${onClose} done=${done}
    words="Nothing is done with them. They are left out here until it fails again; who dismissed them is kept."
    act=${() => call(api("failures/dismiss"), { method: "POST", body: { ...which, note } })}>
    <label class="field"><span>Why (kept with it)</span><input type="text" maxlength="1000" value=${note} onInput=${(event) => setNote(event.target.value)} /></label><//>`;
}

// A job has no filter by error: it acts on all of the workflow that were created since the first of the group, and says
// how many these are before it does.
const redriveOf = ({ workflow, firstAt, last }) => address("jobs/new", { action: "redrive", workflow, status: last?.status || "failed", since: firstAt });

function NoFailure() {
  return html`<${NothingYet} title="Nothing has failed"><p>Instances that fail or time out stand here, in groups, with a way to redrive them all.</p><//>`;
}
