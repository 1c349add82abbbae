// What failed, grouped by workflow and error, with a way to do a whole group again.
import { html } from "../vendor/preact.js";
import { useAll, useCovered } from "./covered.js";
import { Filters, clearFilters } from "../parts/filters.js";
import { Awaited, PageHead } from "../parts/page.js";
import { MissingScope, NoMatch, NothingYet, ProblemNote } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { address, usePlace } from "../shell/router.js";

const FAILURE_FIELDS = [
  { name: "workflow", label: "Workflow", kind: "text" },
  { name: "since", label: "Created since", kind: "time" },
];

export function Failures() {
  const { query: { workflow, since } } = usePlace();
  const manages = useIdentity().may("instances:manage");
  const covered = useCovered();
  const wanted = workflow ? [workflow] : covered;
  const { answers, problem, retry } = useAll(wanted && wanted.map((each) => api("failures", { workflow: each, since })));
  const groups = answers?.flatMap(({ failures }) => failures);
  return html`
    <${PageHead} title="Failures" lead="Instances that failed or timed out, by workflow and error.">
      ${manages && html`<a class="button primary" href=${redriveOf({ workflow, firstAt: since })}>Redrive many…</a>`}
    <//>
    <${Filters} fields=${FAILURE_FIELDS} />
    ${problem && html`<${ProblemNote} problem=${problem} retry=${retry} />`}
    ${!groups && !problem && html`<${Awaited} />`}
    ${answers?.some(({ complete }) => !complete) && html`<p class="note is-quiet">Only the newest are counted: each count is at least that. A later time shows fewer.</p>`}
    ${groups && (groups.length > 0 ? html`<${Table} caption="Failures, the last ones first" rows=${groups} id=${groupKey} columns=${groupColumns(manages)}
        href=${({ last }) => address(`instances/${segment(last.instanceId)}`)} />`
      : workflow || since ? html`<${NoMatch} what="failure" clear=${() => clearFilters(FAILURE_FIELDS)} />` : html`<${NoFailure} />`)}
    ${groups?.length > 0 && !manages && html`<${MissingScope} scope="instances:manage" what="To redrive them" />`}
  `;
}

const groupKey = ({ workflow, error }) => `${workflow} ${error}`;

const groupColumns = (manages) => [
  { head: "Error", className: "grows", cell: ({ error }) => html`<code>${error || "none given"}</code>`,
    below: ({ last, workflow }) => html`<div class="below"><span class="why">${last.error?.message}</span><span class="narrow">${workflow}</span></div>` },
  { head: "Count", className: "end", cell: ({ count }) => count.toLocaleString() },
  { head: "Workflow", wide: true, cell: ({ workflow }) => html`<a href=${address("instances", { workflow, status: "failed" })}>${workflow}</a>` },
  { head: "First", wide: true, cell: ({ firstAt }) => html`<${Ago} at=${firstAt} />` },
  { head: "Last", className: "end", cell: ({ lastAt }) => html`<${Ago} at=${lastAt} />` },
  ...(manages ? [{ head: "Redrive", className: "end", cell: (group) => html`<a href=${redriveOf(group)} aria-label="Redrive those of ${group.workflow} with ${group.error}">Redrive…</a>` }] : []),
];

// A job has no filter by error: it acts on all of the workflow that were created since the first of the group, and says
// how many these are before it does.
const redriveOf = ({ workflow, firstAt, last }) => address("jobs/new", { action: "redrive", workflow, status: last?.status || "failed", since: firstAt });

function NoFailure() {
  return html`<${NothingYet} title="Nothing has failed"><p>Instances that fail or time out stand here, in groups, with a way to redrive them all.</p><//>`;
}
