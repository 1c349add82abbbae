// Dialogs are the browser's own: it keeps the focus inside, closes them at Escape and gives the focus back.
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { submitHurried } from "../shell/keyboard.js";
import { ProblemNote } from "./problem.js";

let count = 0;

export function Dialog({ title, onClose, children }) {
  const box = useRef(null);
  const [id] = useState(() => `dialog-${(count += 1)}`);
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog.showModal();
    // The browser gives the focus back to what had it.
    return () => dialog.close();
  }, []);
  const outside = (event) => event.target === box.current && onClose();
  const cancelled = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${box} aria-labelledby=${id} onCancel=${cancelled} onMouseDown=${outside} onKeyDown=${submitHurried}>
    <div class="dialog-box">
      <header><h2 id=${id}>${title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick=${onClose}>✕</button></header>
      ${children}
    </div>
  </dialog>`;
}

// Asks before something is done. `words`: what it will do; `act`: does it, and may throw a Problem; `done(result)`.
export function Confirm({ title, words, verb, act, onClose, done = onClose, danger = false, children }) {
  const [state, setState] = useState({ busy: false, problem: null });
  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    setState({ busy: true, problem: null });
    try {
      done(await act());
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>${words}</p>
      ${children}
      ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
      <footer><button type="button" autofocus=${danger} onClick=${onClose}>Cancel</button>
        <button type="submit" class=${danger ? "danger" : "primary"} autofocus=${!danger} aria-disabled=${state.busy}>${state.busy ? "Working…" : verb}</button></footer>
    </form>
  <//>`;
}
