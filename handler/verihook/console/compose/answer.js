// Answers a wait: sends its event with JSON, which says who decided.
import { html, useState } from "../vendor/preact.js";
import { Json } from "../parts/content.js";
import { Dialog } from "../parts/dialog.js";
import { ProblemNote } from "../parts/problem.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";

export const VERBS = {
  approve: { title: "Approve", verb: "Approve", payload: (by) => ({ approved: true, by }) },
  reject: { title: "Reject", verb: "Reject", danger: true, payload: (by) => ({ approved: false, by }) },
  send: { title: "Send an event", verb: "Send", payload: (by) => ({ by }) },
};

// `wait`: of GET /v1/waits; `as`: of VERBS.
export function AnswerDialog({ wait, as, onClose, done }) {
  const identity = useIdentity();
  const { title, verb, danger, payload } = VERBS[as];
  const [text, setText] = useState(() => JSON.stringify(payload(identity.key?.name || "the console"), null, 2));
  const [state, setState] = useState({ busy: false, problem: null, wrong: "" });
  // The same each time that this dialog sends: an answer that got lost is not given twice.
  const [eventId] = useState(() => `console-${crypto.getRandomValues(new Uint32Array(4)).join("")}`);
  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    let body;
    try {
      body = JSON.parse(text);
    } catch (error) {
      setState({ busy: false, problem: null, wrong: `This is not JSON: ${error.message}` });
      return;
    }
    setState({ busy: true, problem: null, wrong: "" });
    try {
      await call(api(`instances/${segment(wait.instanceId)}/events/${segment(wait.name)}`), { method: "POST", body, headers: { "event-id": eventId } });
      done();
    } catch (problem) {
      setState({ busy: false, problem, wrong: "" });
    }
  };
  return html`<${Dialog} title="${title}: ${wait.name}" onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>The instance <code>${wait.instanceId}</code> of ${wait.workflow} gets this event and goes on.</p>
      ${wait.shows !== null && html`<${Json} value=${wait.shows} what="what it is about" />`}
      <label class="field"><span>What its workflow gets, as JSON; <code>by</code> says who decided</span>
        <textarea rows="6" autofocus spellcheck="false" value=${text} aria-invalid=${Boolean(state.wrong)} aria-describedby="answer-wrong" onInput=${(event) => setText(event.target.value)} /></label>
      <p class="field-error" id="answer-wrong" role="alert">${state.wrong}</p>
      ${state.problem && html`<${ProblemNote} problem=${state.problem} />`}
      <footer><button type="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class=${danger ? "danger" : "primary"} aria-disabled=${state.busy}>${state.busy ? "Working…" : verb}</button></footer>
    </form>
  <//>`;
}
