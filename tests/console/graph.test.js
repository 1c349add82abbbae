import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { apart, boxBeside, layOut, path } from "../../handler/verihook/console/graph/layout.js";
import { everyNode, markTaken, readStates } from "../../handler/verihook/console/graph/states.js";

const machine = (states, start = Object.keys(states)[0]) => ({ StartAt: start, States: states });
const pass = (Next) => ({ Type: "Pass", ...(Next ? { Next } : { End: true }) });
const box = (drawn, name) => drawn.boxes.find(({ node }) => node.name === name);
const edges = (scope) => scope.edges.map(({ from, to }) => `${scope.nodes[from].name}>${to < 0 ? "" : scope.nodes[to].name}`);

function assertApart(boxes) {
  for (const [at, a] of boxes.entries()) {
    for (const b of boxes.slice(at + 1)) {
      const inside = (a.group && b.y >= a.y && b.y + b.height <= a.y + a.height) || (b.group && a.y >= b.y && a.y + a.height <= b.y + b.height);
      const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      assert.ok(apart || inside, `${a.node.name} and ${b.node.name} overlap`);
    }
  }
}

test("states come one below the other, those of a choice beside each other", () => {
  const drawn = layOut(readStates(machine({
    Ask: { Type: "Choice", Choices: [{ Variable: "$.a", NumericEquals: 1, Next: "Left" }], Default: "Right" },
    Left: pass("Last"), Right: pass("Last"), Last: { Type: "Succeed" },
  })));
  const [ask, left, right, last] = ["Ask", "Left", "Right", "Last"].map((name) => box(drawn, name));
  assert.ok(ask.y < left.y && left.y === right.y && right.y < last.y);
  assert.ok(Math.abs((left.x + right.x + right.width) / 2 - (ask.x + ask.width / 2)) < 1);
  assertApart(drawn.boxes);
  assert.deepEqual(drawn.edges.map(({ edge }) => edge.label).filter(Boolean), ["$.a NumericEquals 1", "otherwise"]);
  assert.ok(drawn.edges.every(({ points }) => /^M[\d. -]+([CL][\d. -]+)+$/.test(path(points))));
});

test("circles are drawn as edges back, and end", () => {
  const scope = readStates(machine({ A: pass("B"), B: { Type: "Choice", Choices: [{ Next: "A" }, { Next: "B" }], Default: "C" }, C: pass() }));
  const drawn = layOut(scope);
  assert.deepEqual(drawn.edges.filter(({ back }) => back).map(({ edge }) => `${edge.from}>${edge.to}`).sort(), ["1>0", "1>1"]);
  assert.ok(box(drawn, "A").y < box(drawn, "B").y && box(drawn, "B").y < box(drawn, "C").y);
  const ring = readStates({ States: { A: pass("B"), B: pass("A") } });
  assert.equal(layOut(ring).boxes.length, 2);
  assert.deepEqual(ring.remarks, ["StartAt names no state."]);
});

test("what is missing is named, and the rest drawn", () => {
  const scope = readStates(machine({ A: { Type: "Pass" }, B: pass("Nowhere"), C: null, D: [], E: { Type: "Choice", Choices: "x" }, F: { Type: "Task", Next: 3, Catch: [null, {}] } }));
  assert.equal(layOut(scope).boxes.length, 6);
  assert.ok(scope.remarks.includes('"A" has no Next.'));
  assert.ok(scope.remarks.includes('"B" goes on to "Nowhere", which does not exist.'));
  assert.ok(scope.remarks.includes('Never reached: "B", "C", "D", "E", "F".'));
});

test("what is no definition is an empty graph", () => {
  for (const definition of [null, undefined, 3, "x", [], {}, { States: [] }, { States: "x", StartAt: {} }, { StartAt: "__proto__", States: {} }]) {
    const drawn = layOut(readStates(definition));
    assert.deepEqual([drawn.boxes, drawn.edges], [[], []]);
    assert.ok(Number.isFinite(drawn.width) && Number.isFinite(drawn.height));
  }
});

test("names that every object has, and names of any length", () => {
  const long = "x".repeat(100_000);
  const definition = JSON.parse(`{"StartAt": "__proto__", "States": {"__proto__": {"Type": "Pass", "Next": "constructor"},
    "constructor": {"Type": "toString", "Next": "${long}"}, "${long}": {"Type": "Succeed", "Comment": {"not": "text"}}}}`);
  const scope = readStates(definition);
  assert.deepEqual(edges(scope), ["__proto__>constructor", `constructor>${long}`, `${long}>`]);
  assert.deepEqual(scope.remarks, []);
  assert.ok(layOut(scope).width < 400);
  markTaken(scope, [{ name: "__proto__", status: "completed" }, { name: "constructor", status: "failed" }]);
  assert.deepEqual(scope.nodes.map(({ runs, status }) => [runs, status]), [[1, "completed"], [1, "failed"], [0, ""]]);
});

test("Parallel and Map are frames around their states", () => {
  const scope = readStates(machine({
    Both: { Type: "Parallel", Next: "Each", Branches: [machine({ One: pass() }), machine({ Two: pass("Three"), Three: pass() })] },
    Each: { Type: "Map", ItemProcessor: machine({ Item: pass() }), End: true },
  }));
  const drawn = layOut(scope);
  assertApart(drawn.boxes);
  const inside = (inner, outer) => inner.x >= outer.x && inner.y > outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height < outer.y + outer.height;
  for (const name of ["One", "Two", "Three"]) assert.ok(inside(box(drawn, name), box(drawn, "Both")), name);
  assert.ok(inside(box(drawn, "Item"), box(drawn, "Each")));
  assert.deepEqual(drawn.frames.map(({ title }) => title), ["branch 1", "branch 2", "each item"]);
  assert.equal(new Set(drawn.boxes.map(({ key }) => key)).size, 6);
  assert.deepEqual([...everyNode(scope)].map(({ node, depth }) => [node.name, depth]), [["Both", 0], ["One", 1], ["Two", 1], ["Three", 1], ["Each", 0], ["Item", 1]]);
});

test("groups within groups end", () => {
  let definition = machine({ Core: pass() });
  for (let depth = 0; depth < 2000; depth += 1) definition = machine({ Group: { Type: "Map", Iterator: definition, End: true } });
  assert.equal(layOut(readStates(definition)).boxes.length, 13);
});

test("the taken path is marked by the order of the steps", () => {
  const scope = readStates(machine({
    Ask: { Type: "Choice", Choices: [{ Next: "Again" }], Default: "Pay" },
    Again: pass("Ask"),
    Pay: { Type: "Task", Next: "Ship", Catch: [{ ErrorEquals: ["States.ALL"], Next: "Refund" }] },
    Ship: pass(), Refund: pass(),
  }));
  markTaken(scope, ["Ask", "Again", "Ask", "Pay", "Refund"].map((name) => ({ name, status: name === "Pay" ? "failed" : "completed" })));
  const taken = scope.edges.filter((edge) => edge.taken);
  assert.deepEqual(taken.map(({ from, to }) => `${scope.nodes[from].name}>${to < 0 ? "" : scope.nodes[to].name}`), ["Ask>Again", "Ask>Pay", "Again>Ask", "Pay>Refund", "Refund>"]);
  assert.equal(scope.nodes[0].runs, 2);
});

test("a state that came later by another way does not mark the direct one", () => {
  const scope = readStates(machine({ Ask: { Type: "Choice", Choices: [{ Next: "Pay" }], Default: "Last" }, Pay: pass("Last"), Last: pass() }));
  markTaken(scope, ["Ask", "Pay", "Last"].map((name) => ({ name, status: "completed" })));
  assert.deepEqual(scope.edges.map(({ taken }) => taken), [true, false, true, true]);
});

test("5,000 states are read, laid out and marked in a moment, in a chain with one way out and in a wide fan", () => {
  const chain = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`s${at}`, { ...pass(at < 4999 ? `s${at + 1}` : ""), Catch: [{ Next: "Failed" }] }]));
  const fan = { Ask: { Type: "Choice", Choices: Array.from({ length: 5000 }, (_, at) => ({ Next: `s${at}` })) } };
  for (let at = 0; at < 5000; at += 1) fan[`s${at}`] = pass();
  for (const states of [{ ...chain, Failed: { Type: "Fail" } }, fan]) {
    const began = performance.now();
    const scope = readStates(machine(states));
    markTaken(scope, Object.keys(states).map((name) => ({ name, status: "completed" })));
    const drawn = layOut(scope);
    assert.equal(drawn.boxes.length, 5001);
    assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
  }
});

test("places are the nearest ones that do not overlap", () => {
  const row = [{ width: 10 }, { width: 10 }, { width: 10 }];
  const [a, b, c] = apart(row, [0, 0, 100]);
  assert.deepEqual([b - a, a + b, c], [38, 0, 100]);
});

test("arrows go from box to box", () => {
  const drawn = layOut(readStates(machine({ A: { Type: "Choice", Choices: [{ Next: "B" }], Default: "C" }, B: pass(), C: pass() })));
  const at = (name) => drawn.boxes.findIndex(({ node }) => node.name === name);
  const go = (name, key) => drawn.boxes[boxBeside(drawn.boxes, at(name), key)]?.node.name;
  const [left, right] = box(drawn, "B").x < box(drawn, "C").x ? ["B", "C"] : ["C", "B"];
  assert.deepEqual([go(left, "ArrowUp"), go(left, "ArrowRight"), go(right, "ArrowLeft"), go("A", "ArrowUp"), go("A", "x")],
    ["A", right, left, undefined, undefined]);
  assert.ok([left, right].includes(go("A", "ArrowDown")));
});

test("the state machines of this repository have no remark and no overlap", () => {
  const folder = new URL("../../infra/workflows/", import.meta.url);
  for (const name of readdirSync(folder)) {
    const scope = readStates(JSON.parse(readFileSync(new URL(name, folder), "utf-8")));
    assert.deepEqual(scope.remarks, [], name);
    assertApart(layOut(scope).boxes);
  }
});
