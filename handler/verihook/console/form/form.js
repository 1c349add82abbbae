// The fields of a draft (drafts.js). Each has a label, what the schema says of it, and the errors at its place.
import { html, useState } from "../vendor/preact.js";
import { added, escaped } from "./drafts.js";
import { optionName, resolved } from "./reading.js";

const INPUTS = { email: "email", uri: "url", date: "date", time: "time" };
const HINTS = { "date-time": "2026-03-01T12:00:00Z", duration: "PT15M", uuid: "00000000-0000-0000-0000-000000000000" };

// `root`: the schema; `draft`: the whole value's, which `change` replaces; `errors`: of `placed`.
export function SchemaForm({ root, draft, change, errors }) {
  return html`<div class="schema-form"><${Field} root=${root} draft=${draft} change=${change} errors=${errors} pointer="" name="" required /></div>`;
}

function Field(props) {
  const { root, draft, change, errors, pointer, name, required, nested = 0 } = props;
  const schema = draft.present ? draft.schema : resolved(root, draft.schema);
  const label = schema.title || name || "Input";
  // The option of a variant stands at the same pointer, and shows the errors of both.
  const id = `field-${pointer || "/"}${"-option".repeat(nested)}`;
  const wrong = (draft.kind !== "variant" && errors.get(pointer)) || [];
  const describedBy = [schema.description && `${id}-about`, wrong.length && `${id}-wrong`].filter(Boolean).join(" ") || null;
  const about = html`${schema.description && html`<p class="field-about" id="${id}-about">${String(schema.description)}</p>`}
    ${wrong.length > 0 && html`<p class="field-wrong" id="${id}-wrong">${wrong.join(" ")}</p>`}`;
  if (!draft.present) {
    const add = () => change(added(root, draft.schema, depthOf(pointer)));
    return html`<div class="schema-field is-absent"><button type="button" class="plain" onClick=${add}>+ ${label}</button>${about}</div>`;
  }
  const remove = !required && (() => change({ kind: "absent", schema: draft.schema, present: false }));
  const group = ["object", "list", "variant"].includes(draft.kind);
  const inner = html`<${EDITORS[draft.kind]} ...${props} schema=${schema} id=${id} describedBy=${describedBy} invalid=${wrong.length > 0} />`;
  const removal = remove && html`<button type="button" class="plain" aria-label="Leave ${label} out" onClick=${remove}>✕</button>`;
  const mark = html`${label}${required && pointer !== "" && html` <span class="field-required" title="required" aria-label="required">*</span>`}`;
  if (group) return html`<fieldset class="schema-field" aria-describedby=${describedBy}><legend>${mark}${removal}</legend>${about}${inner}</fieldset>`;
  return html`<div class="schema-field"><label for=${id}>${mark}</label>${removal}${inner}${about}</div>`;
}

const depthOf = (pointer) => pointer.split("/").length - 1;

function Line({ draft, change, schema, id, describedBy, invalid }) {
  const { kind } = draft;
  const lines = kind === "text" && (draft.text.includes("\n") || schema.maxLength > 200);
  const write = (event) => change({ ...draft, text: event.target.value });
  if (lines) return html`<textarea id=${id} rows="4" value=${draft.text} aria-describedby=${describedBy} aria-invalid=${invalid} onInput=${write} />`;
  return html`<input id=${id} type=${(kind === "text" && INPUTS[schema.format]) || "text"} inputmode=${kind === "text" ? null : kind === "integer" ? "numeric" : "decimal"}
    value=${draft.text} placeholder=${HINTS[schema.format] || ""} autocomplete="off" spellcheck=${false} aria-describedby=${describedBy} aria-invalid=${invalid} onInput=${write} />`;
}

function Written({ draft, change, id, describedBy, invalid }) {
  return html`<textarea id=${id} class="code" rows="4" spellcheck=${false} value=${draft.text} placeholder="JSON" aria-describedby=${describedBy} aria-invalid=${invalid}
    onInput=${(event) => change({ ...draft, text: event.target.value })} />`;
}

function Switch({ draft, change, id, describedBy, invalid }) {
  return html`<input id=${id} type="checkbox" checked=${draft.on} aria-describedby=${describedBy} aria-invalid=${invalid} onChange=${(event) => change({ ...draft, on: event.target.checked })} />`;
}

function Choice({ draft, change, id, describedBy, invalid }) {
  return html`<select id=${id} value=${draft.place} aria-describedby=${describedBy} aria-invalid=${invalid} onChange=${(event) => change({ ...draft, place: Number(event.target.value) })}>
    ${draft.place < 0 && html`<option value="-1">Choose one</option>`}
    ${draft.schema.enum.map((each, place) => html`<option key=${place} value=${place}>${typeof each === "string" ? each : JSON.stringify(each)}</option>`)}</select>`;
}

const Fixed = ({ draft, id }) => html`<output id=${id}><code>${JSON.stringify(draft.kind === "null" ? null : draft.value)}</code></output>`;

function Members({ root, draft, change, errors, pointer }) {
  const replace = (at) => (part) => change({ ...draft, members: draft.members.map((each, place) => (place === at ? { ...each, draft: part } : each)) });
  return html`${draft.members.map(({ name, required, draft: part }, at) => html`<${Field} key=${name} root=${root} draft=${part} change=${replace(at)} errors=${errors}
      pointer="${pointer}/${escaped(name)}" name=${name} required=${required} />`)}
    ${draft.extra.length > 0 && html`<p class="quiet">Also given, and kept: ${draft.extra.map(([name]) => name).join(", ")}. The JSON shows them.</p>`}`;
}

function Items({ root, draft, change, errors, pointer, name }) {
  const [key, setKey] = useState(() => draft.items.map((_, at) => at));
  const write = (items, keys) => {
    setKey(keys);
    change({ ...draft, items });
  };
  const without = (list, at) => list.filter((_, place) => place !== at);
  const add = () => write([...draft.items, added(root, draft.schema.items, depthOf(pointer) + 1)], [...key, Math.max(-1, ...key) + 1]);
  return html`<ol class="schema-items">${draft.items.map((item, at) => html`<li key=${key[at]}>
      <${Field} root=${root} draft=${item} errors=${errors} pointer="${pointer}/${at}" name="${name || "item"} ${at + 1}" required
        change=${(part) => change({ ...draft, items: draft.items.map((each, place) => (place === at ? part : each)) })} />
      <button type="button" class="plain" aria-label="Remove ${name || "item"} ${at + 1}" onClick=${() => write(without(draft.items, at), without(key, at))}>Remove</button></li>`)}</ol>
    <button type="button" onClick=${add}>Add ${name ? `to ${name}` : "an item"}</button>`;
}

function Variant({ root, draft, change, errors, pointer, name, id, nested = 0 }) {
  const choose = (event) => {
    const place = Number(event.target.value);
    change({ ...draft, place, draft: added(root, draft.options[place], depthOf(pointer)) });
  };
  return html`<select id=${id} aria-label="Which ${name || "input"}" value=${draft.place} onChange=${choose}>
      ${draft.options.map((option, place) => html`<option key=${place} value=${place}>${optionName(root, option, place)}</option>`)}</select>
    <${Field} key=${draft.place} root=${root} draft=${draft.draft} errors=${errors} pointer=${pointer} name=${optionName(root, draft.options[draft.place], draft.place)} required nested=${nested + 1}
      change=${(part) => change({ ...draft, draft: part })} />`;
}

const EDITORS = {
  text: Line, number: Line, integer: Line, json: Written, boolean: Switch, choice: Choice, constant: Fixed, null: Fixed,
  object: Members, list: Items, variant: Variant,
};
