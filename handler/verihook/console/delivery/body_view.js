// The bytes of a body: as text, indented if it is JSON, and byte by byte. Reading them is noted in the log, so they are
// asked for by a person, never by a page.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api, call, segment } from "../shell/client.js";
import { useIdentity } from "../shell/identity.js";
import { Text, hexLines, sizeOf, textOf } from "../parts/content.js";
import { CopyButton } from "../parts/copy.js";
import { Lacking, ProblemNote } from "../parts/problem.js";

export function BodyView({ id, body, contentType }) {
  const identity = useIdentity();
  const [state, setState] = useState({ bytes: null, problem: null, busy: false });
  if (!body) return html`<p class="quiet">Nothing is kept of its body.</p>`;
  const read = async () => {
    if (state.busy) return;
    setState({ bytes: null, problem: null, busy: true });
    try {
      const { data } = await call(api(`deliveries/${segment(id)}/body`), { bytes: true });
      setState({ bytes: data, problem: null, busy: false });
    } catch (problem) {
      setState({ bytes: null, problem, busy: false });
    }
  };
  return html`<div class="body-view">
    <p>${sizeOf(body.length)}${contentType && html` of <code>${contentType}</code>`}</p>
    ${body.sha256 && html`<p class="small">SHA-256 <code>${body.sha256}</code><${CopyButton} text=${body.sha256} what="the SHA-256" /></p>`}
    ${!body.kept && html`<p class="quiet">The bytes themselves are not kept.</p>`}
    <${Lacking} of=${[body.kept && ["deliveries:body", "Reading the body"]]} />
    ${body.kept && identity.may("deliveries:body") && !state.bytes && html`<p><button type="button" aria-disabled=${state.busy} onClick=${read}>
      ${state.busy ? "Reading…" : "Show the body"}</button> <span class="small quiet">The log notes that this key has read it.</span></p>`}
    ${state.problem && html`<${ProblemNote} problem=${state.problem} retry=${read} />`}
    ${state.bytes && html`<${Bytes} bytes=${state.bytes} />`}
  </div>`;
}

function Bytes({ bytes }) {
  const text = textOf(bytes);
  const ways = [
    ["Formatted", indented(text)],
    ["As it came", text],
    ["Bytes", hexLines(bytes)],
  ].filter(([, content]) => content !== null);
  const [chosen, setChosen] = useState(ways[0][0]);
  const shown = useRef(null);
  // The button that asked for them is gone.
  useEffect(() => shown.current.querySelector("button").focus(), []);
  const [name, content] = ways.find(([each]) => each === chosen) || ways[0];
  return html`<div>
    <div class="segments" ref=${shown} role="group" aria-label="How the body is shown">${ways.map(([each]) => html`<button type="button" key=${each}
      aria-pressed=${each === name} onClick=${() => setChosen(each)}>${each}</button>`)}</div>
    ${bytes.length === 0 ? html`<p class="quiet">The body is empty.</p>`
      : html`<div class=${name === "Bytes" ? "is-hex" : ""}><${Text} key=${name} text=${content} what="the body" /></div>`}
  </div>`;
}

// JSON with indents, or null if it is none, or looks the same.
function indented(text) {
  try {
    const shown = JSON.stringify(JSON.parse(text), null, 2);
    return shown === text ? null : shown;
  } catch {
    return null;
  }
}
