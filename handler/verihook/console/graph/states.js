// A state machine in Amazon's States Language as nodes and edges. Reads any JSON: what is wrong becomes a remark.
// https://states-language.net/spec.html

// A group deeper than this is shown folded.
const DEEPEST = 12;
const GROUPS = { Parallel: "branch", Map: "item" };
const LAST = new Set(["Succeed", "Fail"]);

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const text = (value) => (typeof value === "string" ? value : "");
const listed = (value) => (Array.isArray(value) ? value : []);

// {nodes: [{name, type, comment, scopes, reached}], edges: [{from, to, kind, label}], start, remarks: [text]}: one
// scope. `from` and `to` are places in `nodes`, -1 of `to` is the end; `scopes`: those of a group, {title, scope}.
export function readStates(definition, depth = 0) {
  const scope = { nodes: [], edges: [], start: -1, remarks: [] };
  const states = isObject(definition) && isObject(definition.States) ? Object.entries(definition.States) : [];
  const places = new Map(states.map(([name], place) => [name, place]));
  for (const [name, state] of states) scope.nodes.push(node(name, isObject(state) ? state : {}, depth));
  const known = new Map();
  states.forEach(([, state], place) => {
    for (const way of ways(isObject(state) ? state : {})) connect(scope, known, places, place, way);
  });
  scope.start = places.get(isObject(definition) ? definition.StartAt : undefined) ?? -1;
  if (scope.start < 0) scope.remarks.push("StartAt names no state.");
  markReached(scope);
  return scope;
}

function node(name, state, depth) {
  const type = text(state.Type) || "Unknown";
  const scopes = Object.hasOwn(GROUPS, type) && depth < DEEPEST ? inner(state, type, depth + 1) : [];
  return { name, type, comment: text(state.Comment), resource: text(state.Resource), scopes, reached: false };
}

function inner(state, type, depth) {
  const parts = type === "Parallel" ? listed(state.Branches) : [state.ItemProcessor ?? state.Iterator];
  const title = (place) => (type === "Parallel" ? `branch ${place + 1}` : "each item");
  return parts.filter(isObject).map((part, place) => ({ title: title(place), scope: readStates(part, depth) }));
}

// Where a state goes on: [{to: a name or null for the end, kind, label}].
function ways(state) {
  const found = listed(state.Choices).filter(isObject).map((choice) => (
    { to: choice.Next, kind: "choice", label: text(choice.Comment) || condition(choice) }));
  if (state.Type === "Choice") {
    if (state.Default !== undefined) found.push({ to: state.Default, kind: "choice", label: "otherwise" });
  } else if (state.End === true || LAST.has(state.Type)) found.push({ to: null, kind: "next", label: "" });
  else found.push({ to: state.Next, kind: "next", label: "" });
  for (const each of listed(state.Catch).filter(isObject)) {
    found.push({ to: each.Next, kind: "catch", label: listed(each.ErrorEquals).map(String).join(", ") });
  }
  return found;
}

// A rule of a Choice in words.
function condition(rule) {
  if (typeof rule.Condition === "string") return rule.Condition.replace(/^\{%\s*\(?\s*|\s*%\}$/g, "");
  const joined = ["And", "Or"].find((name) => Array.isArray(rule[name]));
  if (joined) return `${joined.toLowerCase()} of ${rule[joined].length}`;
  if (isObject(rule.Not)) return "not …";
  const [operator, operand] = Object.entries(rule).find(([name]) => !["Variable", "Next", "Comment"].includes(name)) ?? [];
  return operator ? `${text(rule.Variable)} ${operator} ${JSON.stringify(operand)}` : "";
}

// Two ways between the same states are one edge with both labels.
function connect(scope, known, places, from, way) {
  const to = way.to === null ? -1 : places.get(way.to);
  if (to === undefined) {
    const what = typeof way.to === "string" ? `goes on to ${JSON.stringify(way.to)}, which does not exist` : "has no Next";
    scope.remarks.push(`${JSON.stringify(scope.nodes[from].name)} ${what}.`);
    return;
  }
  const key = `${from} ${to}`;
  const same = known.get(key);
  if (!same) {
    known.set(key, { from, to, kind: way.kind, label: way.label });
    scope.edges.push(known.get(key));
  } else {
    if (way.kind !== "catch") same.kind = way.kind;
    same.label = [same.label, way.label].filter(Boolean).join(" / ");
  }
}

// Marks what can be reached from the start; the others are named in one remark.
function markReached(scope) {
  const next = successors(scope);
  const open = scope.start < 0 ? [] : [scope.start];
  while (open.length) {
    const place = open.pop();
    if (scope.nodes[place].reached) continue;
    scope.nodes[place].reached = true;
    open.push(...next[place].filter((each) => each >= 0));
  }
  const lost = scope.nodes.filter((each) => !each.reached).map((each) => JSON.stringify(each.name));
  if (lost.length && scope.start >= 0) {
    scope.remarks.push(`Never reached: ${lost.slice(0, 5).join(", ")}${lost.length > 5 ? ` and ${lost.length - 5} more` : ""}.`);
  }
}

// For each node the places that its edges go to.
export function successors(scope) {
  const next = scope.nodes.map(() => []);
  for (const edge of scope.edges) next[edge.from].push(edge.to);
  return next;
}

// All nodes with those of groups, in order: {node, depth, next: [{name, kind, label}]}; name null: the end.
export function* everyNode(scope, depth = 0) {
  const next = scope.nodes.map(() => []);
  for (const { from, to, kind, label } of scope.edges) {
    next[from].push({ name: to < 0 ? null : scope.nodes[to].name, kind, label });
  }
  for (const [place, node] of scope.nodes.entries()) {
    yield { node, depth, next: next[place] };
    for (const { scope: part } of node.scopes) yield* everyNode(part, depth + 1);
  }
}

// Marks what an instance has done, from its steps ({name, status}, in the order of their starts): `runs` and `status` of
// nodes, `taken` of edges. A step's edge is the one to the successor that began first after it.
export function markTaken(scope, steps) {
  const runs = new Map();
  for (const step of steps) {
    const run = runs.get(step.name) ?? { count: 0, status: "" };
    runs.set(step.name, { count: run.count + 1, status: step.status });
  }
  markScope(scope, steps, runs);
}

function markScope(scope, steps, runs) {
  const places = new Map(scope.nodes.map((node, place) => [node.name, place]));
  const ways = scope.nodes.map(() => []);
  for (const edge of scope.edges) ways[edge.from].push(edge);
  for (const node of scope.nodes) {
    node.runs = runs.get(node.name)?.count ?? 0;
    node.status = runs.get(node.name)?.status ?? "";
    for (const { scope: part } of node.scopes) markScope(part, steps, runs);
  }
  for (const edge of scope.edges) edge.taken = false;
  const soonest = new Map();
  for (let at = steps.length - 1; at >= 0; at -= 1) {
    const place = places.get(steps[at].name);
    if (place === undefined) continue;
    const begun = ways[place].filter((edge) => soonest.has(edge.to)).sort((a, b) => soonest.get(a.to) - soonest.get(b.to));
    if (begun.length) begun[0].taken = true;
    else for (const edge of ways[place]) if (edge.to < 0 && steps[at].status === "completed") edge.taken = true;
    soonest.set(place, at);
  }
}
