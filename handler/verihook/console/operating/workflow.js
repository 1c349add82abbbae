// One workflow: its definition as a graph, the schema of its input, and how to start it.
import { html } from "../vendor/preact.js";
import { PAGES } from "../pages.js";
import { schemaRows } from "./schema_rows.js";
import { CopyAs } from "../parts/copy.js";
import { commandOf, curlOf, pythonOf, pythonText } from "../parts/commands.js";
import { Json } from "../parts/content.js";
import { Facts, Tabs } from "../parts/facts.js";
import { Later } from "../parts/later.js";
import { Awaited, PageHead } from "../parts/page.js";
import { Lacking, ProblemNote } from "../parts/problem.js";
import { Recent } from "./recent.js";
import { WorkflowMark } from "./workflow_mark.js";
import { api, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { address, match } from "../shell/router.js";

export function Workflow({ id }) {
  const identity = useIdentity();
  const { data, problem, reload } = useResource(api(`workflows/${segment(id)}`));
  if (problem && !data) return html`<${PageHead} title=${id} /><${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${PageHead} title=${id} /><${Awaited} />`;
  return html`
    <${PageHead} title=${data.name} aside=${html`<${WorkflowMark} of=${data} />`}>
      <${CopyAs} label="Start as" ...${starts(data)} />
      ${identity.may("workflows:execute") && match("workflows/any/start", PAGES) && html`<a class="button primary" href=${address(`workflows/${segment(data.name)}/start`)}>Start…</a>`}
    <//>
    <${Lacking} of=${[["workflows:execute", "Starting it"]]} />
    ${data.refusal && html`<div class="note is-bad"><div>${data.refusal}</div></div>`}
    <${Tabs} label="Parts of the workflow" tabs=${[
      { name: "graph", title: "Definition", show: () => html`<${Definition} workflow=${data} />` },
      { name: "input", title: "Input", show: () => html`<${Input} schema=${data.inputSchema} />` },
      { name: "settings", title: "Settings", show: () => html`<${Settings} workflow=${data} />` },
    ]} />`;
}

function Definition({ workflow }) {
  const { data, problem, reload } = useResource(api(`workflows/${segment(workflow.name)}/definition`));
  if (problem) return html`<${ProblemNote} problem=${problem} retry=${reload} />`;
  if (!data) return html`<${Awaited} />`;
  return !data.machine ? html`<p class="quiet">${data.why}</p>` : html`<${Later} load=${() => import("../pages/graph.js")} name="Graph" definition=${data.machine} label="The states of ${workflow.name}" />`;
}

function Input({ schema }) {
  if (schema === null) return html`<p class="quiet">It takes any input: <code>hooks.toml</code> names no schema.</p>`;
  const rows = schemaRows(schema);
  return html`<div class="table-box schema-table"><table><caption class="for-readers">The members of the input</caption>
      <thead><tr><th scope="col">Member</th><th scope="col">Type</th><th scope="col">Allowed</th><th scope="col" class="wide">Description</th></tr></thead>
      <tbody>${rows.map(({ path, type, required, rules, about }, at) => html`<tr key=${at}>
        <td><code>${path || "(the input)"}</code>${required && path && html` <span class="field-required" title="required">required</span>`}</td>
        <td>${type}</td><td>${rules}</td><td class="wide">${about}</td></tr>`)}</tbody></table></div>
    <details class="raw"><summary>The schema itself</summary><${Json} value=${schema} what="the schema" /></details>`;
}

function Settings({ workflow }) {
  const { name, version, engine, publicOutput, retentionDays, connections } = workflow;
  const reads = useIdentity().may("instances:read");
  return html`<section class="panel"><${Facts} facts=${[
    ["Version", version],
    ["Engine", engine],
    ["Ended instances are kept", `${retentionDays} days`],
    ["Output", publicOutput ? "readable with the id alone" : "readable with a key"],
    ["Connections", connections.join(", ") || "none"],
    reads && ["Last 24 hours", html`<${Recent} workflow=${name} />`],
  ]} /></section><${Lacking} of=${[["instances:read", "Counting what began in a day"]]} />`;
}

function starts({ name }) {
  return {
    curl: curlOf(api(`workflows/${segment(name)}/instances`), { method: "POST", body: { input: {} } }),
    cli: commandOf("workflows", "run", name, "--input", "{}", "--wait"),
    python: pythonOf(`result = verihook.start_and_wait(${pythonText(name)}, {})`, "print(result.status, result.output)"),
  };
}
