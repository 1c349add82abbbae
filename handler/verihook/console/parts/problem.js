// What went wrong, in words, with the id by which the log has it; and the three ways in which a list can be empty.
import { html } from "../vendor/preact.js";
import { useIdentity } from "../shell/identity.js";
import { CopyButton } from "./copy.js";
import { Icon } from "./icon.js";

export function ProblemNote({ problem, retry }) {
  return html`<div class="note is-bad" role="alert">
    <${Icon} name="cross" ring />
    <div>
      <p><strong>${problem.title || "It failed"}.</strong> ${problem.message}</p>
      ${problem.violations?.length > 0 && html`<ul>${problem.violations.map((each) => html`<li><code>${each.pointer || "/"}</code> ${each.message}</li>`)}</ul>`}
      ${problem.requestId && html`<p class="small">Request <code>${problem.requestId}</code>
        <${CopyButton} text=${problem.requestId} what="the request id" />: the log has it under this id.</p>`}
      ${retry && html`<button type="button" onClick=${retry}>Try again</button>`}
    </div>
  </div>`;
}

// Nothing has come yet; `children` say what the next step is.
export function NothingYet({ title, children }) {
  return html`<div class="empty"><h2>${title}</h2>${children}</div>`;
}

export function NoMatch({ what, clear }) {
  return html`<div class="empty"><h2>No ${what} matches these filters</h2>
    <p>There may be some without them.</p>
    <button type="button" onClick=${clear}>Clear the filters</button></div>`;
}

// Names what the key may not do, which is not offered. `of`: [scope, what takes it], or false; those that it has are left out.
export function Lacking({ of }) {
  const identity = useIdentity();
  const lacking = of.filter((each) => each && !identity.may(each[0]));
  return lacking.length > 0 && html`<div class="note is-quiet"><${Icon} name="key" ring />
    <div>${lacking.map(([scope, what]) => html`<p key=${what}>${what} needs a key with the scope <code>${scope}</code>, which yours lacks.</p>`)}</div></div>`;
}
