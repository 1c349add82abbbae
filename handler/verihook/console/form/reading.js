// What a JSON Schema says of a value, as far as forms need it: references, kinds, and the options of a choice.

const MOST_HOPS = 32;
const KINDS = new Map(Object.entries({
  string: "text", number: "number", integer: "integer", boolean: "boolean", object: "object", array: "list", null: "null",
}));

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
export const listed = (value) => (Array.isArray(value) ? value : []);

// Whether two values of JSON are the same; the order of members does not matter.
export function same(a, b) {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((each, at) => same(each, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}

// The part of `root` at a local reference such as #/$defs/item; undefined if there is none.
function referred(root, reference) {
  if (reference === "#") return root;
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  return reference.slice(2).split("/").reduce((part, step) => {
    const name = decoded(step).replaceAll("~1", "/").replaceAll("~0", "~");
    return part !== null && typeof part === "object" && Object.hasOwn(part, name) ? part[name] : undefined;
  }, root);
}

function decoded(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

// The schema with what it refers to and the parts of its allOf put in; {} (any value) if that is not to be found.
export function resolved(root, schema, hops = MOST_HOPS) {
  if (!isObject(schema) || hops <= 0) return {};
  const { $ref, allOf, ...own } = schema;
  const parts = [...($ref === undefined ? [] : [referred(root, $ref)]), ...listed(allOf)];
  return parts.reduce((whole, part) => joined(whole, resolved(root, part, hops - parts.length)), own);
}

function joined(one, other) {
  const properties = Object.fromEntries([other, one].flatMap((each) => Object.entries(isObject(each.properties) ? each.properties : {})));
  const required = [...new Set([...listed(one.required), ...listed(other.required)])];
  return {
    ...other,
    ...one,
    ...(one.properties || other.properties ? { properties } : {}),
    ...(required.length ? { required } : {}),
  };
}

// Which kind of field shows a resolved schema.
export function kindOf(schema) {
  if (Object.hasOwn(schema, "const")) return "constant";
  if (listed(schema.enum).length) return "choice";
  if (optionsOf(schema).length > 1) return "variant";
  const type = listed(schema.type)[0] ?? schema.type ?? (isObject(schema.properties) ? "object" : undefined);
  const kind = KINDS.get(type) ?? "json";
  const shown = { object: isObject(schema.properties), list: isObject(schema.items) };
  return shown[kind] === false ? "json" : kind;
}

// The schemas of which one is to be chosen: those of oneOf or anyOf, each with what is said beside it, or one for each
// of several types.
export function optionsOf(schema) {
  const { oneOf, anyOf, title, description, default: _, ...beside } = schema;
  const several = listed(oneOf ?? anyOf).filter(isObject);
  if (!several.length) return listed(schema.type).map((type) => ({ ...beside, type, title: String(type) }));
  return several.map((each) => (each.$ref === undefined ? joined(each, beside) : each));
}

// What an option is called.
export function optionName(root, option, place) {
  const schema = resolved(root, option);
  const constant = Object.values(schema.properties ?? {}).find((part) => isObject(part) && Object.hasOwn(part, "const"));
  if (typeof schema.title === "string") return schema.title;
  if (constant) return String(constant.const);
  return typeof schema.type === "string" ? schema.type : `option ${place + 1}`;
}
