// What this is: its version, how it is set up, and where its documentation is.
import { html } from "../vendor/preact.js";
import { Facts, Panel } from "../parts/facts.js";
import { Id } from "../parts/copy.js";
import { Awaited, PageHead } from "../parts/page.js";
import { ProblemNote } from "../parts/problem.js";
import { api } from "../shell/client.js";
import { WAYS_IN, useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";

export function About() {
  const identity = useIdentity();
  const { data, problem, reload } = useResource(api("openapi.json"));
  const health = useResource(new URL("../health", api("")).href).data;
  const server = new URL("..", api("")).href;
  return html`
    <${PageHead} title="About" lead="Verihook turns any signed webhook into a durable workflow: verified, started exactly once, never lost." />
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<${Awaited} lines=${3} />`}
    ${data && html`<${Panel} title="This server"><${Facts} facts=${[
      ["Version", health?.version],
      ["Configuration", health && html`<${Id} value=${health.configuration} what="the SHA-256 of hooks.toml" most=${15} /> <span class="small quiet">SHA-256 of hooks.toml</span>`],
      ["Version of its API", data.info.version],
      ["Address", html`<code>${server}</code>`],
      ["Operations of its API", Object.values(data.paths).reduce((sum, path) => sum + Object.keys(path).length, 0)],
      ["Documentation", html`<a href=${new URL("docs", server).href} target="_blank">The API, in this browser</a>, <a href=${api("openapi.json")} target="_blank">for programs</a>`],
    ]} /><//>`}
    <${Panel} title="You"><${Facts} facts=${[
      ["Key", identity.key ? identity.key.name : WAYS_IN[identity.entry] || identity.entry],
      ["It may", html`<span class="scopes">${[...identity.scopes].map((scope) => html`<code key=${scope}>${scope}</code>`)}</span>`],
      ["Workflows", identity.workflows?.join(", ") || "all"],
    ]} /><//>
    <${Panel} title="Limits"><${Facts} facts=${[
      ["Body of a request to the API", "6 MB"],
      ["Starts in a batch", "100"],
      ["An instance's id", "1 to 64 letters, digits, - and _"],
      ["Labels of an instance", "20"],
      ["Counts of refusals are kept", "14 days"],
      ["Actions of a job a second", "20, at most 500"],
    ]} /><//>
  `;
}
