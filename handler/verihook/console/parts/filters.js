// The bar of filters over a list. The address holds them, so a link is a view; one that is saved stands beside ours.
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { useShortcut } from "../shell/keyboard.js";
import { address, setQuery, usePlace } from "../shell/router.js";
import { changeSettings, settings } from "../shell/settings.js";
import { Confirm } from "./dialog.js";

// `fields`: { name, label, kind: "choice" | "text" | "time", choices: [[value, word]], hint }. `views`: [word, query].
export function Filters({ fields, views = [] }) {
  const { path, query } = usePlace();
  const bar = useRef(null);
  const set = fields.some(({ name }) => query[name]);
  const [saved, setSaved] = useState(() => settings().views[path] || []);
  const [asked, setAsked] = useState(false);
  const all = [...views, ...saved];
  const current = all.find(([, wanted]) => isView(query, wanted, fields));
  const keep = (changed) => {
    changeSettings({ views: { ...settings().views, [path]: changed } });
    setSaved(changed);
    setAsked(false);
  };
  // On a narrow screen they would fill it.
  const [shown, setShown] = useState(() => set || matchMedia("(min-width: 40rem)").matches);
  useShortcut("/", "to the filters", () => {
    bar.current.querySelector("details").open = true;
    bar.current.querySelector("input, select").focus();
  });
  const change = (name, value) => setQuery({ [name]: value.trim(), cursor: "" });
  return html`<search class="filters" ref=${bar}>
    ${all.length > 0 && html`<ul class="views" aria-label="Views">${all.map((view) => html`<li>
      <a href=${address(path, view[1])} aria-current=${view === current ? "true" : null}>${view[0]}</a></li>`)}</ul>`}
    <details open=${shown} onToggle=${(event) => setShown(event.target.open)}><summary>Filters</summary>
    <form onSubmit=${(event) => event.preventDefault()}>
      ${fields.map((field) => html`<${Field} key=${field.name} ...${field} value=${query[field.name] || ""} change=${(value) => change(field.name, value)} />`)}
      ${set && html`<button type="button" class="plain" onClick=${() => clearFilters(fields)}>Clear</button>`}
      ${set && !current && html`<button type="button" class="plain" onClick=${() => setAsked(true)}>Save as a view…</button>`}
      ${saved.includes(current) && html`<button type="button" class="plain" onClick=${() => keep(saved.filter((each) => each !== current))}>Forget this view</button>`}
    </form></details>
  </search>
    ${asked && html`<${SaveView} onClose=${() => setAsked(false)} done=${(name) => keep([...saved, [name, { ...query, cursor: "", chosen: "" }]])} />`}`;
}

function SaveView({ onClose, done }) {
  const [name, setName] = useState("");
  return html`<${Confirm} title="Save as a view" verb="Save" words="It stands above the list, in this browser." act=${() => name} onClose=${onClose} done=${done}>
    <label class="field"><span>Name</span><input required autofocus maxlength="40" value=${name} autocomplete="off" onInput=${(event) => setName(event.target.value)} /></label><//>`;
}

export function clearFilters(fields) {
  setQuery(Object.fromEntries([...fields.map(({ name }) => [name, ""]), ["cursor", ""]]));
  setTimeout(() => document.querySelector(".filters :is(input, select)")?.focus());
}

function isView(query, wanted, fields) {
  const names = [...fields.map(({ name }) => name), ...Object.keys(wanted), "dismissed"];
  return names.every((name) => (query[name] || "") === (wanted[name] || ""));
}

function Field({ name, label, kind, choices = [], hint = "", value, change }) {
  if (kind === "choice") {
    const known = !value || choices.some(([each]) => each === value);
    return html`<label class="field"><span>${label}</span>
      <select name=${name} value=${value} onChange=${(event) => change(event.target.value)}>
        <option value="">All</option>
        ${choices.map(([each, word]) => html`<option value=${each}>${word}</option>`)}
        ${!known && html`<option value=${value}>${value}</option>`}
      </select></label>`;
  }
  if (kind === "time") {
    return html`<label class="field"><span>${label}</span>
      <input type="datetime-local" name=${name} value=${localTime(value)} onChange=${(event) => change(isoTime(event.target.value))} /></label>`;
  }
  return html`<${TextField} name=${name} label=${label} hint=${hint} value=${value} change=${change} />`;
}

function TextField({ name, label, hint, value, change }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const entered = (event) => event.key === "Enter" && change(event.target.value);
  return html`<label class="field"><span>${label}</span>
    <input type="text" name=${name} value=${text} placeholder=${hint} autocomplete="off" spellcheck="false"
      onInput=${(event) => setText(event.target.value)} onChange=${(event) => change(event.target.value)} onKeyDown=${entered} /></label>`;
}

// An ISO time as the field takes it, in the person's own zone; and back.
function localTime(iso) {
  const date = new Date(iso);
  if (!iso || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function isoTime(local) {
  return local ? new Date(local).toISOString() : "";
}
