// What can be started.
import { html } from "../vendor/preact.js";
import { CopyAs } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf } from "../parts/commands.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, NothingYet, ProblemNote } from "../parts/problem.js";
import { Recent } from "./recent.js";
import { Table } from "../parts/table.js";
import { WorkflowMark } from "./workflow_mark.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address } from "../shell/router.js";

const WORKFLOW_COLUMNS = [
  { head: "Workflow", className: "grows", cell: ({ name }) => name },
  { head: "Status", cell: (workflow) => html`<${WorkflowMark} of=${workflow} />` },
  { head: "Last 24 hours", scope: "instances:read", cell: ({ name }) => html`<${Recent} workflow=${name} />` },
  { head: "Engine", wide: true, cell: ({ engine }) => engine },
  { head: "Input", wide: true, cell: ({ inputSchema }) => (inputSchema === null ? "any" : "has a schema") },
  { head: "Version", className: "end", wide: true, cell: ({ version }) => version },
];

export function Workflows() {
  const identity = useIdentity();
  const { data, problem, reload } = useResource(api("workflows"));
  return html`
    <${PageHead} title="Workflows" lead="What your webhooks start, and what you can start yourself.">
      <${CopyAs} curl=${curlOf(api("workflows"))} cli=${commandOf("workflows", "list")} python=${pythonOf("for workflow in verihook.workflows():", "    print(workflow.name)")} />
    <//>
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<${Awaited} />`}
    ${data && (data.workflows.length === 0 ? html`<${NoWorkflow} />` : html`<${Table} caption="Workflows, by name" columns=${WORKFLOW_COLUMNS.filter(({ scope }) => identity.may(scope))} rows=${data.workflows}
      id=${({ name }) => name} href=${({ name }) => address(`workflows/${segment(name)}`)} />`)}
    <${Lacking} of=${[["instances:read", "Counting what began in a day"]]} />
  `;
}

function NoWorkflow() {
  return html`<${NothingYet} title="No workflow is configured that this key covers">
    <p>A workflow has a table in <code>hooks.toml</code>, and a source that starts it:</p>
    <pre>${'[workflows.my-first]\nengine = "function"\ndefinition = "my_first"'}</pre><//>`;
}
