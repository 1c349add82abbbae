// Where webhooks come in.
import { html } from "../vendor/preact.js";
import { CopyAs } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf } from "../parts/commands.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, NothingYet, ProblemNote } from "../parts/problem.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";
import { bySource, hasTheHour, nothing } from "./by_source.js";
import { SourceHour, SourceMark, useNewest } from "./source_hour.js";

export function Sources() {
  const identity = useIdentity();
  const { data, problem, reload } = useResource(api("sources"));
  const newest = useNewest(identity.may("deliveries:read") ? {} : null).found;
  const found = newest && bySource(newest, Date.now());
  const whole = newest && hasTheHour(newest, Date.now());
  return html`
    <${PageHead} title="Sources" lead="The addresses that senders post to. Each has a sender, secrets, and a workflow that its events start.">
      <${CopyAs} curl=${curlOf(api("sources"))} cli=${commandOf("sources", "list")} python=${pythonOf("for source in verihook.sources():", "    print(source)")} />
    <//>
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<${Awaited} />`}
    ${data && (data.sources.length === 0 ? html`<${NoSource} />`
      : html`<${SourceTable} rows=${data.sources.map((source) => ({ ...source, standing: found && (found.get(source.name) ?? nothing()), whole }))} />`)}
    <${Lacking} of=${[["deliveries:read", "Seeing what came"]]} />
  `;
}

// `rows`: sources with `standing`, and whether they are `usable`. A column `of` a member that none has is left out.
export function SourceTable({ rows }) {
  return html`<${Table} caption="Sources" columns=${SOURCES_COLUMNS.filter(({ of }) => !of || rows.some((row) => row[of]))} rows=${rows} id=${({ name }) => name} href=${({ name }) => address(`sources/${segment(name)}`)} />`;
}

const SOURCES_COLUMNS = [
  { head: "Source", className: "grows", cell: ({ name }) => name, below: ({ path, sender }) => html`<div class="below"><code>${path}</code> <span class="narrow">${sender}</span></div>` },
  { head: "State", cell: ({ usable, standing }) => (standing || usable === false ? html`<${SourceMark} usable=${usable} ...${standing} />` : html`<span class="quiet">not known</span>`) },
  { head: "The last hour", of: "standing", wide: true, cell: ({ name, standing, whole }) => html`<${SourceHour} name=${name} standing=${standing} whole=${whole} />` },
  { head: "Secret ends", of: "secretUntil", wide: true, cell: ({ secretUntil }) => secretUntil && html`<${Ago} at=${secretUntil} />` },
  { head: "Workflow", of: "workflow", wide: true, cell: ({ workflow }) => workflow && html`<a href=${address(`workflows/${segment(workflow)}`)}>${workflow}</a>` },
  { head: "Last accepted", of: "standing", wide: true, className: "end", cell: ({ standing }) => (standing.accepted ? html`<${Ago} at=${standing.accepted} />` : "not lately") },
];

function NoSource() {
  return html`<${NothingYet} title="No source is configured that this key covers">
    <p>A source is a table in <code>hooks.toml</code>:</p>
    <pre>${'[sources.billing]\nsender = "stripe"\nsecrets = ["env:BILLING_SECRET"]\nworkflow = "stripe-event"'}</pre><//>`;
}
