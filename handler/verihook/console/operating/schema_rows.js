// A JSON Schema as rows of a table: [{path, depth, type, required, rules, about}].
import { isObject, listed, optionName, optionsOf, resolved } from "../form/reading.js";

const DEEPEST_ROW = 6;
const MOST_SCHEMA_ROWS = 500;
// Keywords that say which values are allowed, in words.
const RULES = new Map([
  ["const", "is"], ["enum", "one of"], ["format", "format"], ["pattern", "matches"], ["minimum", "at least"], ["maximum", "at most"],
  ["exclusiveMinimum", "more than"], ["exclusiveMaximum", "less than"], ["multipleOf", "a multiple of"],
  ["minLength", "at least this long:"], ["maxLength", "at most this long:"], ["minItems", "at least this many:"],
  ["maxItems", "at most this many:"], ["default", "default"],
]);

export function schemaRows(root) {
  const rows = [];
  addRows(root, root, { path: "", depth: 0, required: true }, rows);
  return rows;
}

function addRows(root, given, place, rows) {
  if (rows.length >= MOST_SCHEMA_ROWS) return;
  const schema = resolved(root, given);
  const about = typeof schema.description === "string" ? schema.description : "";
  rows.push({ ...place, type: typeOf(given, schema), rules: rulesOf(schema), about });
  if (place.depth >= DEEPEST_ROW) return;
  const below = (path, part, required) => addRows(root, part, { path, depth: place.depth + 1, required }, rows);
  const prefix = place.path && `${place.path}.`;
  for (const [name, part] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    below(`${prefix}${name}`, part, listed(schema.required).includes(name));
  }
  if (isObject(schema.items)) below(`${place.path}[]`, schema.items, true);
  const options = schema.oneOf || schema.anyOf ? optionsOf(schema) : [];
  options.forEach((option, at) => below(`${place.path}: ${optionName(root, option, at)}`, option, false));
}

function typeOf(given, schema) {
  if (given === false) return "nothing";
  if (schema.oneOf || schema.anyOf) return "one of several";
  return [].concat(schema.type ?? (schema.properties ? "object" : "any")).join(" or ");
}

function rulesOf(schema) {
  const found = [...RULES].filter(([keyword]) => Object.hasOwn(schema, keyword)).map(([keyword, word]) => (
    `${word} ${[].concat(keyword === "enum" ? schema.enum : [schema[keyword]]).map(ruleValue).join(", ")}`));
  return [...found, ...(schema.additionalProperties === false ? ["no other members"] : [])].join("; ");
}

const ruleValue = (value) => (typeof value === "string" ? value : JSON.stringify(value));
