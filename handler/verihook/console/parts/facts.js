// Names and values, one under the other; and a number of panels behind tabs that the address names.
import { html } from "../vendor/preact.js";
import { setQuery, usePlace } from "../shell/router.js";

// `facts`: [name, value] with text or elements; those without a value are left out.
export function Facts({ facts }) {
  return html`<dl class="facts">${facts
    .filter((each) => each && ![null, undefined, false, ""].includes(each[1]))
    .map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

export function Panel({ title, aside, children }) {
  return html`<section class="panel"><header><h2>${title}</h2>${aside}</header>${children}</section>`;
}

// `tabs`: { name, title, show() }. The query `tab` says which is shown; the first if it says nothing.
export function Tabs({ tabs, label }) {
  const { query } = usePlace();
  const current = tabs.find(({ name }) => name === query.tab) || tabs[0];
  const choose = (tab, focus = false) => {
    setQuery({ tab: tab === tabs[0] ? "" : tab.name }, { replace: true });
    if (focus) document.getElementById(`tab-${tab.name}`)?.focus();
  };
  const pressed = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length], true);
  };
  return html`<div class="tabs">
    <div role="tablist" aria-label=${label} onKeyDown=${pressed}>
      ${tabs.map((tab) => html`<button type="button" role="tab" key=${tab.name} id="tab-${tab.name}" aria-selected=${tab === current}
        aria-controls="tab-panel" tabindex=${tab === current ? 0 : -1} onClick=${() => choose(tab)}>${tab.title}</button>`)}
    </div>
    <div role="tabpanel" id="tab-panel" aria-labelledby="tab-${current.name}" tabindex="0" key=${current.name}>${current.show()}</div>
  </div>`;
}
