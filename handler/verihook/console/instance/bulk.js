// What is done with the rows that are selected: asked for once, done one after the other, reported with what failed.
import { html, useState } from "../vendor/preact.js";
import { ACTIONS, act } from "./actions.js";
import { Dialog } from "../parts/dialog.js";

export function BulkBar({ chosen, clear, done }) {
  const [action, setAction] = useState(null);
  if (chosen.length === 0) return null;
  const close = (changed) => {
    setAction(null);
    if (changed) done();
  };
  return html`<div class="bulk" role="region" aria-label="Selected instances">
    <strong role="status">${chosen.length} selected</strong>
    ${ACTIONS.map((each) => html`<button type="button" key=${each.name} onClick=${() => setAction(each)}>${each.verb}…</button>`)}
    <button type="button" class="plain" onClick=${clear}>Clear</button>
    ${action && html`<${Acting} action=${action} ids=${chosen} onClose=${close} />`}
  </div>`;
}

function Acting({ action, ids, onClose }) {
  const [state, setState] = useState({ at: -1, failed: [] });
  const running = state.at >= 0 && state.at < ids.length;
  const over = state.at === ids.length;
  const begin = async (event) => {
    event.preventDefault();
    if (running) return;
    const failed = [];
    for (const [at, id] of ids.entries()) {
      setState({ at, failed });
      try {
        await act(action.name, id);
      } catch (problem) {
        failed.push([id, problem.message]);
      }
    }
    setState({ at: ids.length, failed });
  };
  return html`<${Dialog} title="${action.verb} ${ids.length} ${ids.length === 1 ? "instance" : "instances"}" onClose=${() => running || onClose(over)}>
    <form onSubmit=${over ? (event) => event.preventDefault() || onClose(true) : begin}>
      <p>For each of them: ${action.words({ status: "" })} Those whose status does not allow it are left as they are and named here.</p>
      <p role="status">${running && `${state.at} of ${ids.length} done…`}${over && `${ids.length - state.failed.length} done, ${state.failed.length} not.`}</p>
      ${state.at >= 0 && html`<progress max=${ids.length} value=${state.at} aria-label="Progress" />`}
      ${over && state.failed.length > 0 && html`<ul class="small">${state.failed.map(([id, why]) => html`<li key=${id}><code>${id}</code> ${why}</li>`)}</ul>`}
      <footer>${!over && html`<button type="button" aria-disabled=${running} onClick=${() => running || onClose(false)}>Cancel</button>`}
        <button type="submit" class=${action.danger && !over ? "danger" : "primary"} aria-disabled=${running}>${over ? "Close" : action.verb}</button></footer>
    </form>
  <//>`;
}
