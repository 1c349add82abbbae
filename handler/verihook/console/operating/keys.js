// API keys: who may do what.
import { html, useState } from "../vendor/preact.js";
import { commandOf, curlOf, pythonOf } from "../parts/commands.js";
import { CopyAs, CopyButton, Id } from "../parts/copy.js";
import { Confirm, Dialog } from "../parts/dialog.js";
import { Awaited, PageHead } from "../parts/page.js";
import { NothingYet, ProblemNote } from "../parts/problem.js";
import { Mark } from "../parts/status.js";
import { Table } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { useResource } from "../shell/resource.js";
import { NewKey } from "./new_key.js";

const KEY_STATUSES = new Map([["active", ["Active", "check", "good"]], ["revoked", ["Revoked", "cross", "quiet"]], ["expired", ["Expired", "clock", "quiet"]]]);

export function Keys() {
  const identity = useIdentity();
  const { data, problem, reload } = useResource(api("keys"));
  const [asked, setAsked] = useState(null);
  const close = () => setAsked(null);
  const made = ({ data: key }) => {
    reload();
    setAsked({ act: "shown", key });
  };
  return html`
    <${PageHead} title="Keys" lead="What opens the API to programs and people. A key is shown once, when it is made; what is kept of it is a hash.">
      <button type="button" class="primary" onClick=${() => setAsked({ act: "new" })}>New key…</button>
      <${CopyAs} curl=${curlOf(api("keys"))} cli=${commandOf("keys", "list")} python=${pythonOf("for key in verihook.list_keys():", "    print(key)")} />
    <//>
    ${problem && html`<${ProblemNote} problem=${problem} retry=${reload} />`}
    ${!data && !problem && html`<${Awaited} />`}
    ${data && (data.keys.length === 0 ? html`<${NoKey} />` : html`<${Table} caption="API keys" rows=${data.keys} id=${({ id }) => id} columns=${keyColumns(identity, setAsked)} />`)}
    ${asked?.act === "new" && html`<${NewKey} onClose=${close} made=${made} />`}
    ${asked?.act === "shown" && html`<${ShownOnce} secret=${asked.key} onClose=${close} />`}
    ${asked?.act === "rotate" && html`<${Rotate} name=${asked.key.name} id=${asked.key.id} onClose=${close} made=${made} />`}
    ${asked?.act === "revoke" && html`<${Confirm} title="Revoke ${asked.key.name}" verb="Revoke" danger onClose=${close}
      words="The key ends for good. It takes up to 30 seconds to reach every process; whatever uses it then gets 401."
      act=${() => call(api(`keys/${segment(asked.key.id)}`), { method: "DELETE" })} done=${() => { reload(); close(); }} />`}
  `;
}

function keyColumns(identity, ask) {
  return [
    { head: "Name", className: "grows", cell: ({ name, id }) => html`<strong>${name}</strong>${identity.key?.id === id && html` <span class="count">this one</span>`}`,
      below: ({ id }) => html`<div class="below"><${Id} value=${id} what="the id of the key" /></div>` },
    { head: "Status", cell: ({ status }) => html`<${Mark} of=${KEY_STATUSES.get(status) || [status, "dots", "quiet"]} />` },
    { head: "May", wide: true, cell: ({ scopes }) => html`<span class="scopes">${scopes.map((scope) => html`<code key=${scope}>${scope}</code>`)}</span>` },
    { head: "Workflows", wide: true, cell: ({ workflows }) => workflows.join(", ") || "all" },
    { head: "Last used", wide: true, cell: ({ lastUsedAt }) => html`<${Ago} at=${lastUsedAt} />` },
    { head: "Ends", wide: true, className: "end", cell: ({ expiresAt, revokedAt }) => html`<${Ago} at=${revokedAt || expiresAt} />` },
    { head: "Change", className: "end", cell: (key) => key.status === "active" && html`<div class="answers">
      <button type="button" aria-label="Rotate ${key.name}" onClick=${() => ask({ act: "rotate", key })}>Rotate…</button>
      <button type="button" aria-label="Revoke ${key.name}" onClick=${() => ask({ act: "revoke", key })}>Revoke…</button></div>` },
  ];
}

function Rotate({ name, id, onClose, made }) {
  const [overlap, setOverlap] = useState("7d");
  return html`<${Confirm} title="Rotate ${name}" verb="Make its successor" onClose=${onClose} done=${made}
    words="A new key with the same rights is made. The old one stays valid for a while, so that you can change it everywhere first."
    act=${() => call(api(`keys/${segment(id)}/rotate`), { method: "POST", body: { overlap } })}>
    <label class="field"><span>The old one stays valid for</span><select value=${overlap} onChange=${(event) => setOverlap(event.target.value)}>
      ${[["0s", "no longer"], ["1h", "an hour"], ["1d", "a day"], ["7d", "a week"], ["30d", "30 days"]].map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select></label>
  <//>`;
}

// The only time that a secret is seen.
function ShownOnce({ secret: { name, secret }, onClose }) {
  return html`<${Dialog} title="The key ${name}" onClose=${onClose}>
    <p>Copy it now: it is not kept, and is shown at no other time.</p>
    <p class="secret"><code>${secret}</code><${CopyButton} text=${secret} what="the key" /></p>
    <footer><button type="button" class="primary" onClick=${onClose}>I have it</button></footer><//>`;
}

function NoKey() {
  return html`<${NothingYet} title="There is no key yet"><p>On one machine the key of the run opens everything. Others are for programs, and for people who may do less.</p><//>`;
}
