// A drawing and a table show the same: a person chooses, and the query `view` remembers.
import { html } from "../vendor/preact.js";
import { setQuery } from "../shell/router.js";

export function Views({ table, drawing }) {
  const show = (view) => setQuery({ view }, { replace: true });
  return html`<div class="segments" role="group" aria-label="Shown as">
    <button type="button" aria-pressed=${!table} onClick=${() => show("")}>${drawing}</button>
    <button type="button" aria-pressed=${table} onClick=${() => show("table")}>Table</button></div>`;
}
