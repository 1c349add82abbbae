// A JSON Schema (2020-12, the subset that forms need) as a form: drafts, which fields edit, and back to a value.
// A draft: {kind, schema, present, ...} and by kind `text` (text, number, integer, json), `on` (boolean), `place`
// (choice: among schema.enum, -1 for none yet), `value` (constant), `members` ([{name, required, draft}]) and `extra`
// (object: what the schema does not name), `items` (list), or `options`, `place` and `draft` (variant: one of several
// schemas). What a form cannot show is edited as JSON.
import { isObject, kindOf, listed, optionsOf, resolved, same } from "./reading.js";

const DEEPEST = 10;
// A list with more items is edited as JSON.
const MOST_ITEMS = 100;

// The draft of a field. `value` undefined: the schema's default, else empty; `required`: it is present at once.
export function draftOf(root, given, value, required = true, depth = 0) {
  const schema = resolved(root, given);
  const known = value === undefined ? schema.default : value;
  if (!required && known === undefined) return { kind: "absent", schema: given, present: false };
  const kind = depth > DEEPEST ? "json" : kindOf(schema);
  const made = { kind, schema, present: true, ...MAKERS[kind](root, schema, known, depth) };
  // A value that these fields cannot show stays as it is.
  return known === undefined || same(valueOf(made).value, known) ? made : asJson(schema, known);
}

const asJson = (schema, value) => ({ kind: "json", schema, present: true, forced: true, ...MAKERS.json(null, schema, value) });

const written = (root, schema, value) => ({ text: value === undefined ? "" : String(value) });

const MAKERS = {
  text: written,
  number: written,
  integer: written,
  boolean: (root, schema, value) => ({ on: value === true }),
  null: () => ({}),
  json: (root, schema, value) => ({ text: value === undefined ? "" : JSON.stringify(value, null, 2) }),
  constant: (root, schema) => ({ value: schema.const }),
  choice: (root, schema, value) => ({ place: schema.enum.findIndex((each) => same(each, value)) }),
  object: objectDraft,
  list: listDraft,
  variant: variantDraft,
};

function objectDraft(root, schema, value, depth) {
  const given = isObject(value) ? value : {};
  const named = new Set(Object.keys(schema.properties));
  const members = Object.entries(schema.properties).map(([name, part]) => {
    const required = listed(schema.required).includes(name);
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    // Of an object that is given, a member that is absent stays so: its default is the server's to fill in.
    const draft = isObject(value) && own === undefined ? { kind: "absent", schema: part, present: false }
      : draftOf(root, part, own, required, depth + 1);
    return { name, required, draft };
  });
  return { members, extra: Object.entries(given).filter(([name]) => !named.has(name)) };
}

function listDraft(root, schema, value, depth) {
  const items = listed(value);
  return { items: items.length > MOST_ITEMS ? [] : items.map((item) => draftOf(root, schema.items, item, true, depth + 1)) };
}

function variantDraft(root, schema, value, depth) {
  const options = optionsOf(schema);
  if (value === undefined) return { options, place: 0, draft: draftOf(root, options[0], value, true, depth + 1) };
  const drafts = options.map((option) => draftOf(root, option, value, true, depth + 1));
  const misfits = drafts.map(misfit);
  const place = misfits.indexOf(Math.min(...misfits));
  return { options, place, draft: drafts[place] };
}

// How much of a value does not fit the schema of its draft: parts of another kind, members that are missing or unnamed.
function misfit(draft) {
  const sum = (drafts) => drafts.reduce((total, each) => total + misfit(each), 0);
  if (draft.kind === "variant") return misfit(draft.draft);
  if (draft.kind === "list") return sum(draft.items);
  if (draft.kind !== "object") return draft.forced ? 1 : 0;
  const missing = draft.members.filter(({ required, draft: part }) => required && !part.present).length;
  return missing + draft.extra.length / 100 + sum(draft.members.map(({ draft: part }) => part));
}

// The draft of a field that was absent, or another option of a variant.
export const added = (root, schema, depth) => draftOf(root, schema, undefined, true, depth);

// {value, errors: [{pointer, message}]}. The value is undefined if the field is absent. What the schema itself forbids
// is not looked for: the server answers that, in its words.
export function valueOf(draft, pointer = "") {
  return draft.present ? READERS[draft.kind](draft, pointer) : { value: undefined, errors: [] };
}

const plain = (value) => ({ value, errors: [] });
const wrong = (pointer, message) => ({ value: undefined, errors: [{ pointer, message }] });

function numberOf({ text }, pointer, form, kind) {
  if (text.trim() === "") return wrong(pointer, `Write ${kind}.`);
  return form.test(text.trim()) && Number.isFinite(Number(text)) ? plain(Number(text)) : wrong(pointer, `This is not ${kind}: write one such as 12.`);
}

const READERS = {
  text: ({ text }) => plain(text),
  number: (draft, pointer) => numberOf(draft, pointer, /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i, "a number"),
  integer: (draft, pointer) => numberOf(draft, pointer, /^-?(0|[1-9]\d*)$/, "a whole number"),
  boolean: ({ on }) => plain(on),
  null: () => plain(null),
  constant: ({ value }) => plain(value),
  choice: ({ schema, place }, pointer) => (place < 0 ? wrong(pointer, "Choose one.") : plain(schema.enum[place])),
  variant: ({ draft }, pointer) => valueOf(draft, pointer),
  json: ({ text }, pointer) => parsed(text, pointer),
  list: ({ items }, pointer) => gathered(items.map((item, at) => [at, item]), pointer, (pairs) => pairs.map(([, value]) => value)),
  object: ({ members, extra }, pointer) => gathered(
    members.map(({ name, draft }) => [name, draft]), pointer, (pairs) => Object.fromEntries([...pairs, ...extra])),
};

function gathered(drafts, pointer, join) {
  const read = drafts.map(([name, draft]) => [name, valueOf(draft, `${pointer}/${escaped(name)}`)]);
  const errors = read.flatMap(([, each]) => each.errors);
  const pairs = read.filter(([, { value }]) => value !== undefined).map(([name, { value }]) => [name, value]);
  return { value: join(pairs), errors };
}

// A step of a JSON pointer (RFC 6901).
export const escaped = (name) => String(name).replaceAll("~", "~0").replaceAll("/", "~1");

function parsed(text, pointer) {
  try {
    return plain(JSON.parse(text));
  } catch (error) {
    return wrong(pointer, text.trim() ? `This is not JSON: ${error.message}` : "Write a value as JSON.");
  }
}

// The pointers of all fields of a draft that is drawn.
export function pointersOf(draft, pointer = "") {
  if (draft.kind === "variant") return pointersOf(draft.draft, pointer);
  const below = draft.kind === "object" ? draft.members.map(({ name, draft: part }) => [name, part])
    : draft.kind === "list" ? [...draft.items.entries()] : [];
  return [pointer, ...below.flatMap(([name, part]) => pointersOf(part, `${pointer}/${escaped(name)}`))];
}

// Violations of a 422 ({pointer, message}) and errors of valueOf by the field at which they stand: Map of pointer to
// messages. That a member is missing is said of the object, and shown at the member; what has no field, at the nearest.
export function placed(errors, draft) {
  const known = new Set(pointersOf(draft));
  const found = new Map();
  for (const { pointer, message } of errors) {
    const missing = /^'(.*)' is a required property$/s.exec(message);
    let at = missing ? `${pointer}/${escaped(missing[1])}` : String(pointer ?? "");
    while (at && !known.has(at)) at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    found.set(at, [...(found.get(at) ?? []), message]);
  }
  return found;
}
