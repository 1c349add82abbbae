// Whose eyes these are: the key, what it may do, and how to give it up.
import { html } from "../vendor/preact.js";
import { Menu } from "../parts/copy.js";
import { Icon } from "../parts/icon.js";
import { Ago } from "../parts/time.js";
import { WAYS_IN } from "./identity.js";
import { currentKey, keepKey } from "./key.js";

export function KeyMenu({ identity }) {
  const { key, entry, scopes, workflows } = identity;
  const name = key?.name || WAYS_IN[entry] || "key";
  const label = html`<${Icon} name="key" /><span class="key-name">${name}</span><span class="for-readers">: what it may do</span>`;
  return html`<div class="key-menu"><${Menu} label=${label}>
    <div class="key-facts">
      <p>${entry === "key" ? html`Key <code>${key?.id}</code>` : html`This may do everything: ${name}.`}</p>
      ${key?.expiresAt && html`<p>Ends <${Ago} at=${key.expiresAt} /></p>`}
      <p>${workflows?.length ? html`Workflows: ${workflows.join(", ")}` : "All workflows"}</p>
      ${entry === "key" && html`<ul class="scopes">${scopes.map((scope) => html`<li key=${scope}><code>${scope}</code></li>`)}</ul>`}
    </div>
    ${currentKey() && html`<button type="button" onClick=${() => keepKey("")}>Forget this key</button>`}
  <//></div>`;
}
