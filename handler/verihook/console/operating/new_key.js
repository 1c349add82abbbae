// The dialog that makes an API key. A key cannot give what it does not have itself.
import { html, useState } from "../vendor/preact.js";
import { Confirm } from "../parts/dialog.js";
import { api, call } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";

const LIFETIMES = [["30d", "30 days"], ["90d", "90 days"], ["365d", "a year"], ["", "until it is revoked"]];
const isReading = (scope) => scope.endsWith(":read");

export function NewKey({ onClose, made }) {
  const identity = useIdentity();
  const offered = [...identity.scopes];
  const [key, setKey] = useState({ name: "", scopes: offered.filter(isReading), workflows: "", expires: "90d" });
  const write = (changes) => setKey((before) => ({ ...before, ...changes }));
  const toggle = (scope) => write({ scopes: key.scopes.includes(scope) ? key.scopes.filter((each) => each !== scope) : [...key.scopes, scope] });
  const act = () => call(api("keys"), {
    method: "POST",
    body: {
      name: key.name,
      scopes: offered.filter((scope) => key.scopes.includes(scope)),
      workflows: key.workflows.split(/[\s,]+/).filter(Boolean),
      ...(key.expires ? { expires: key.expires } : {}),
    },
  });
  return html`<${Confirm} title="New key" verb="Make it" words="Its secret is shown once, in the next step." act=${act} done=${made} onClose=${onClose}>
    <label class="field"><span>Name</span><input required autofocus maxlength="64" value=${key.name} placeholder="billing service" autocomplete="off" onInput=${(event) => write({ name: event.target.value })} /></label>
    <fieldset class="scope-choice"><legend>It may</legend>
      ${offered.map((scope) => html`<label class="check" key=${scope}><input type="checkbox" checked=${key.scopes.includes(scope)} onChange=${() => toggle(scope)} /><code>${scope}</code></label>`)}</fieldset>
    <label class="field"><span>Workflows (names or patterns such as order-*; empty: all that this key covers)</span>
      <input value=${key.workflows} autocomplete="off" spellcheck=${false} onInput=${(event) => write({ workflows: event.target.value })} /></label>
    <label class="field"><span>It ends after</span><select value=${key.expires} onChange=${(event) => write({ expires: event.target.value })}>
      ${LIFETIMES.map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select></label>
  <//>`;
}
