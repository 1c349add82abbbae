import assert from "node:assert/strict";
import { test } from "node:test";
import { added, draftOf, placed, pointersOf, valueOf } from "../../handler/verihook/console/form/drafts.js";
import { optionName, resolved } from "../../handler/verihook/console/form/reading.js";

const ORDER = {
  type: "object",
  required: ["orderId", "items"],
  properties: {
    orderId: { type: "string" },
    express: { type: "boolean", default: false },
    currency: { enum: ["EUR", "USD", null] },
    note: { type: ["string", "null"] },
    items: { type: "array", items: { $ref: "#/$defs/item" } },
    paid: { oneOf: [{ $ref: "#/$defs/card" }, { type: "object", properties: { method: { const: "cash" } }, required: ["method"] }] },
  },
  $defs: {
    item: { type: "object", required: ["quantity"], properties: { quantity: { type: "integer" }, price: { type: "number" } } },
    card: { type: "object", title: "Card", required: ["method", "last4"], properties: { method: { const: "card" }, last4: { type: "string" } } },
  },
};

const back = (schema, value) => valueOf(draftOf(schema, schema, value));
const member = (draft, name) => draft.members.find((each) => each.name === name).draft;

test("an empty form has the required fields and the defaults", () => {
  const draft = draftOf(ORDER, ORDER);
  assert.deepEqual(valueOf(draft), { value: { orderId: "", items: [], express: false }, errors: [] });
  assert.deepEqual(draft.members.filter(({ draft: { present } }) => !present).map(({ name }) => name), ["currency", "note", "paid"]);
});

test("a value comes back as it was", () => {
  for (const value of [
    { orderId: "1", items: [] },
    { orderId: "1", items: [{ quantity: 2, price: 1.5 }, { quantity: 0 }], currency: null, note: null, express: true },
    { orderId: "1", items: [], paid: { method: "cash" } },
    { orderId: "1", items: [], paid: { method: "card", last4: "4242" }, note: "" },
    { orderId: 7, items: "none", paid: [1, { deep: null }] },
    { more: { of: "this" }, orderId: "", items: [] },
    "text", null, 3, [], {},
  ]) assert.deepEqual(back(ORDER, value), { value, errors: [] });
});

test("names that every object has are members as others", () => {
  const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
  const schema = { type: "object", required: names, properties: JSON.parse(`{${names.map((name) => `"${name}": {"type": "string"}`)}}`) };
  const value = JSON.parse('{"__proto__": "a", "constructor": "b", "hasOwnProperty": "c", "toString": "d", "valueOf": {"__proto__": 1}}');
  assert.equal(JSON.stringify(back(schema, value).value), JSON.stringify(value));
  assert.equal(JSON.stringify(valueOf(draftOf(schema, schema)).value), '{"__proto__":"","constructor":"","hasOwnProperty":"","toString":""}');
  assert.equal({}.polluted, undefined);
  assert.deepEqual(resolved({}, { $ref: "#/constructor/prototype" }), {});
});

test("the option of a variant is the one that the value has", () => {
  const draft = draftOf(ORDER, ORDER, { orderId: "1", items: [], paid: { method: "cash" } });
  const paid = member(draft, "paid");
  assert.equal(paid.place, 1);
  assert.deepEqual(paid.options.map((option, place) => optionName(ORDER, option, place)), ["Card", "cash"]);
  assert.equal(member(draftOf(ORDER, ORDER, { note: null }), "note").place, 1);
});

test("what is not a number, not JSON or not chosen is said at its field", () => {
  const draft = draftOf(ORDER, ORDER, { orderId: "1", items: [{ quantity: 1 }] });
  member(member(draft, "items").items[0], "quantity").text = "1.5";
  const choice = draft.members.find(({ name }) => name === "currency");
  choice.draft = added(ORDER, ORDER.properties.currency);
  const paid = draft.members.find(({ name }) => name === "paid");
  paid.draft = { kind: "json", schema: {}, present: true, text: "{" };
  const { value, errors } = valueOf(draft);
  assert.deepEqual(errors.map(({ pointer }) => pointer), ["/currency", "/items/0/quantity", "/paid"]);
  assert.deepEqual(value, { orderId: "1", items: [{}] });
  for (const text of ["", " ", "0x10", "1_0", "Infinity", "NaN", "1e999", "--1", "01"]) {
    assert.equal(valueOf({ kind: "number", schema: {}, present: true, text }, "/n").errors[0].pointer, "/n", text);
  }
  assert.equal(valueOf({ kind: "number", schema: {}, present: true, text: " -1.5e3 " }).value, -1500);
});

test("the server's violations stand at the fields", () => {
  const draft = draftOf(ORDER, ORDER, { orderId: "1", items: [{ quantity: 1 }] });
  const found = placed([
    { pointer: "/items/0", message: "'quantity' is a required property" },
    { pointer: "/items/0/quantity", message: "'x' is not of type 'integer'" },
    { pointer: "/paid/last4/deeper", message: "too deep" },
    { pointer: "", message: "'a/b~c' is a required property" },
    { pointer: "/elsewhere", message: "unknown" },
    { pointer: undefined, message: "whole" },
  ], draft);
  assert.deepEqual([...found], [
    ["/items/0/quantity", ["'quantity' is a required property", "'x' is not of type 'integer'"]],
    ["/paid", ["too deep"]],
    ["", ["'a/b~c' is a required property", "unknown", "whole"]],
  ]);
  const odd = { type: "object", properties: { "a/b~c": { type: "string" } } };
  assert.deepEqual(pointersOf(draftOf(odd, odd)), ["", "/a~1b~0c"]);
});

test("schemas that go in circles end", () => {
  const tree = { $ref: "#/$defs/node", $defs: { node: { type: "object", required: ["child"], properties: { child: { $ref: "#/$defs/node" } } } } };
  let draft = draftOf(tree, tree);
  let depth = 0;
  while (draft.kind === "object") [draft, depth] = [member(draft, "child"), depth + 1];
  assert.equal(draft.kind, "json");
  assert.equal(depth, 11);
  const self = { $ref: "#" };
  assert.equal(draftOf(self, self).kind, "json");
  const both = { allOf: [{ $ref: "#" }, { $ref: "#" }] };
  assert.equal(draftOf(both, both).kind, "json");
});

test("what is no schema is edited as JSON", () => {
  for (const schema of [true, false, null, [], "x", { type: "unknown" }, { type: "object" }, { type: "array" }, { enum: [] },
    { properties: [] }, { type: "object", properties: { a: true } }, { oneOf: "x" }, { $ref: "http://elsewhere/#" }, { $ref: "#/%E0%A4%A" }]) {
    assert.deepEqual(back(schema, { a: [1] }), { value: { a: [1] }, errors: [] });
  }
});

test("allOf is one object, and what stands beside a reference wins", () => {
  const schema = {
    allOf: [{ $ref: "#/$defs/base" }, { required: ["b"], properties: { b: { type: "string" } } }],
    $defs: { base: { type: "object", title: "Base", required: ["a"], properties: { a: { type: "integer" } } } },
  };
  assert.deepEqual(draftOf(schema, schema).members.map(({ name, required }) => [name, required]).sort(), [["a", true], ["b", true]]);
  assert.equal(resolved(schema, { $ref: "#/$defs/base", title: "Mine" }).title, "Mine");
});
