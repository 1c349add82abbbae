// Where the nodes and edges of a scope (states.js) are drawn: layers by the longest path from the start, ordered
// by barycentres (Sugiyama); an edge back to an earlier state is drawn beside them. Lengths in pixels.

const GAP = { x: 28, y: 46 };
const BOX = { height: 40, least: 96, most: 230, letter: 8.2, inset: 36 };
const DOT = 14;
// Half of what a label takes.
const LABEL = 52;
const FRAME = { inset: 14, title: 26 };
const SWEEPS = 4;
// Of all edges over several layers, how many places they keep free in these; beyond that they cross what stands there.
const MOST_BENDS = 3000;

// {width, height, boxes: [{node, key, x, y, width, height, group}], dots: [{dot, x, y}], frames: [{title, x, y, width,
// height}], edges: [{edge, points, x, y, back}]}. `key` is unique in the graph; x and y are of the upper left corner, of
// a dot of its middle, of an edge where its label stands.
export function layOut(scope, key = "s") {
  const cells = scope.nodes.map((node, place) => cell(node, `${key}-${place}`));
  const whole = key === "s";
  const ends = whole && scope.edges.some((edge) => edge.to < 0);
  const edges = scope.edges.filter(({ to }) => to >= 0).map((edge) => ({ from: edge.from, to: edge.to, edge }));
  if (ends) {
    const end = cells.push({ dot: "end", width: DOT, height: DOT }) - 1;
    for (const edge of scope.edges) if (edge.to < 0) edges.push({ from: edge.from, to: end, edge });
  }
  if (whole && scope.start >= 0) {
    const start = cells.push({ dot: "start", width: DOT, height: DOT }) - 1;
    edges.push({ from: start, to: scope.start, edge: { taken: scope.nodes[scope.start].runs > 0, kind: "next", label: "" } });
  }
  turnBack(cells.length, edges, scope.start);
  const layers = intoLayers(cells, edges);
  if (ends) atBottom(layers, cells);
  const links = bend(cells, layers, edges);
  const near = neighbours(cells.length, links);
  order(layers, near, cells.length);
  setPlaces(cells, layers, near);
  return drawn(cells, edges);
}

function cell(node, key) {
  const parts = node.scopes.map(({ title, scope }, number) => ({ title, drawn: layOut(scope, `${key}-${number}`) }));
  const name = Math.min(BOX.most, Math.max(BOX.least, BOX.inset + node.name.length * BOX.letter));
  if (!parts.length) return { node, key, parts, width: name, height: BOX.height };
  const width = parts.reduce((sum, { drawn }) => sum + Math.max(70, drawn.width) + FRAME.inset, FRAME.inset);
  const height = Math.max(...parts.map(({ drawn }) => drawn.height)) + 2 * FRAME.title + FRAME.inset;
  return { node, key, parts, width: Math.max(width, name), height };
}

// Marks the edges to a node that leads to them as `back`: without these there is no circle. Without recursion.
function turnBack(count, edges, start) {
  const next = Array.from({ length: count }, () => []);
  for (const edge of edges) next[edge.from].push(edge);
  const state = new Uint8Array(count);
  const roots = [...(start >= 0 ? [start] : []), ...Array(count).keys()];
  for (const root of roots) {
    if (state[root]) continue;
    const path = [[root, 0]];
    state[root] = 1;
    while (path.length) {
      const top = path[path.length - 1];
      const edge = next[top[0]][top[1]++];
      if (!edge) {
        state[top[0]] = 2;
        path.pop();
      } else if (state[edge.to] === 1) edge.back = true;
      else if (!state[edge.to]) {
        state[edge.to] = 1;
        path.push([edge.to, 0]);
      }
    }
  }
}

// Puts every cell one layer below the last of those before it (`cell.layer`); returns the layers: [[place]].
function intoLayers(cells, edges) {
  const waits = new Uint32Array(cells.length);
  const next = cells.map(() => []);
  for (const { from, to, back } of edges) {
    if (back) continue;
    waits[to] += 1;
    next[from].push(to);
  }
  for (const each of cells) each.layer = 0;
  const free = [...cells.keys()].filter((at) => !waits[at]);
  for (let done = 0; done < free.length; done += 1) {
    for (const to of next[free[done]]) {
      cells[to].layer = Math.max(cells[to].layer, cells[free[done]].layer + 1);
      waits[to] -= 1;
      if (!waits[to]) free.push(to);
    }
  }
  const layers = [];
  cells.forEach((each, at) => (layers[each.layer] ??= []).push(at));
  return layers;
}

// The end stands below everything, also if another path is longer.
function atBottom(layers, cells) {
  const at = cells.findIndex((each) => each.dot === "end");
  const alone = layers[cells[at].layer].length === 1 && cells[at].layer === layers.length - 1;
  if (alone) return;
  layers[cells[at].layer] = layers[cells[at].layer].filter((each) => each !== at);
  cells[at].layer = layers.length;
  layers.push([at]);
}

// Gives an edge over several layers a narrow cell in each; returns the links between neighbouring layers: [from, to].
function bend(cells, layers, edges) {
  const links = [];
  let left = MOST_BENDS;
  for (const edge of edges) {
    edge.bends = [];
    const [above, below] = [cells[edge.from].layer, cells[edge.to].layer];
    if (edge.back || below - above - 1 > left) continue;
    left -= below - above - 1;
    let last = edge.from;
    for (let layer = above + 1; layer < below; layer += 1) {
      const at = cells.push({ width: 4, height: 0, layer }) - 1;
      layers[layer].push(at);
      edge.bends.push(at);
      links.push([last, at]);
      last = at;
    }
    links.push([last, edge.to]);
  }
  return links;
}

// For each cell those linked to it in the layer above, and in the one below.
function neighbours(count, links) {
  const [above, below] = [0, 1].map(() => Array.from({ length: count }, () => []));
  for (const [from, to] of links) {
    below[from].push(to);
    above[to].push(from);
  }
  return { above, below };
}

// Calls visit(layer, near) downwards and upwards in turn.
function sweep(layers, { above, below }, visit) {
  for (let turn = 0; turn < SWEEPS; turn += 1) {
    const down = turn % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) visit(layer, down ? above : below);
  }
}

const mean = (list, of) => list.reduce((sum, each) => sum + of(each), 0) / list.length;

function order(layers, near, count) {
  const rank = new Float64Array(count);
  const settle = (layer) => layer.forEach((at, place) => (rank[at] = place));
  layers.forEach(settle);
  sweep(layers, near, (layer, linked) => {
    const centre = new Map(layer.map((at) => [at, linked[at].length ? mean(linked[at], (each) => rank[each]) : rank[at]]));
    layer.sort((a, b) => centre.get(a) - centre.get(b) || rank[a] - rank[b]);
    settle(layer);
  });
}

// Gives each cell its `x` (of its middle) and `y` (of its top).
function setPlaces(cells, layers, near) {
  let top = 0;
  for (const layer of layers) {
    const height = Math.max(...layer.map((at) => cells[at].height));
    let right = 0;
    for (const at of layer) {
      Object.assign(cells[at], { x: right + cells[at].width / 2, y: top + (height - cells[at].height) / 2, top, bottom: top + height });
      right += cells[at].width + GAP.x;
    }
    for (const at of layer) cells[at].x -= right / 2;
    top += height + GAP.y;
  }
  sweep(layers, near, (layer, linked) => {
    const row = layer.map((at) => cells[at]);
    const wanted = layer.map((at) => (linked[at].length ? mean(linked[at], (each) => cells[each].x) : cells[at].x));
    apart(row, wanted).forEach((x, place) => (row[place].x = x));
  });
  const left = cells.reduce((least, each) => Math.min(least, each.x - each.width / 2), Infinity);
  for (const each of cells) each.x -= left;
}

// The places nearest to the wanted ones (least squares) at which no two of a row overlap: isotonic regression.
export function apart(row, wanted) {
  const offsets = [];
  row.forEach((each, at) => {
    offsets.push(at ? offsets[at - 1] + (row[at - 1].width + each.width) / 2 + GAP.x : 0);
  });
  const blocks = [];
  wanted.forEach((x, at) => {
    blocks.push({ sum: x - offsets[at], count: 1 });
    while (blocks.length > 1 && value(blocks.at(-2)) > value(blocks.at(-1))) {
      const { sum, count } = blocks.pop();
      blocks.at(-1).sum += sum;
      blocks.at(-1).count += count;
    }
  });
  return blocks.flatMap((block) => Array(block.count).fill(value(block))).map((x, at) => x + offsets[at]);
}

const value = ({ sum, count }) => sum / count;

function drawn(cells, edges) {
  const result = { boxes: [], dots: [], frames: [], edges: edges.map((edge) => line(edge, cells)) };
  for (const each of cells) {
    const { x, y, width, height } = { ...each, x: each.x - each.width / 2 };
    if (each.dot) result.dots.push({ dot: each.dot, x: each.x, y: y + height / 2 });
    if (!each.node) continue;
    result.boxes.push({ node: each.node, key: each.key, x, y, width, height, group: each.parts.length > 0 });
    let right = x + FRAME.inset;
    for (const { title, drawn: part } of each.parts) {
      const inside = Math.max(70, part.width);
      move(part, right + (inside - part.width) / 2, y + 2 * FRAME.title, result);
      result.frames.push({ title, x: right, y: y + FRAME.title, width: inside, height: height - FRAME.title - FRAME.inset / 2 });
      right += inside + FRAME.inset;
    }
  }
  const reach = (list, of) => list.reduce((most, each) => Math.max(most, of(each)), 0);
  const width = Math.max(reach(cells, (each) => each.x + each.width / 2), reach(result.edges, (each) => each.reach));
  return { ...result, width, height: reach(cells, (each) => each.y + each.height) };
}

// Adds what is drawn of a group's part to the whole.
function move(part, x, y, result) {
  for (const list of ["boxes", "dots", "frames", "edges"]) {
    for (const each of part[list]) result[list].push({ ...each, x: each.x + x, y: each.y + y, points: shifted(each.points, x, y) });
  }
}

const shifted = (points, x, y) => points?.map(([command, ...at]) => [command, ...at.map((each, odd) => each + (odd % 2 ? y : x))]);

// An edge as commands of a path, [letter, x, y, ...]; `reach`: how far to the right it goes.
function line(edge, cells) {
  const [from, to] = [cells[edge.from], cells[edge.to]];
  if (edge.back) return beside(edge, from, to);
  const points = [["M", from.x, from.y + from.height]];
  let last = points[0].slice(1);
  const curve = (x, y) => {
    const middle = (last[1] + y) / 2;
    points.push(["C", last[0], middle, x, middle, x, y]);
    last = [x, y];
  };
  for (const at of edge.bends) {
    curve(cells[at].x, cells[at].top);
    points.push(["L", cells[at].x, cells[at].bottom]);
    last = [cells[at].x, cells[at].bottom];
  }
  curve(to.x, to.y);
  // Where it arrives: edges from one state are farther from each other there.
  const [x, y] = points[1].slice(-2);
  return { edge: edge.edge, points, x, y: y - 11, reach: edge.edge.label ? x + LABEL : 0 };
}

function beside(edge, from, to) {
  const out = 26 + Math.min(130, 9 * Math.abs(from.layer - to.layer));
  const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y + from.height / 2 + 6, to.x + to.width / 2, to.y + to.height / 2 - 6];
  const far = Math.max(x1, x2) + out;
  const points = [["M", x1, y1], ["C", far, y1, far, y2, x2, y2]];
  return { edge: edge.edge, back: true, points, x: far - out / 4, y: (y1 + y2) / 2, reach: far };
}

// The `d` of an SVG path.
export const path = (points) => points.map(([command, ...at]) => command + at.map((each) => Math.round(each * 10) / 10).join(" ")).join("");

// Which box a key leads to from one, by their places. Undefined if to none.
export function boxBeside(boxes, from, key) {
  const here = boxes[from];
  const beside = (box) => Math.abs(box.y + box.height / 2 - here.y - here.height / 2) < 60;
  const towards = {
    ArrowDown: (box) => box.y > here.y,
    ArrowUp: (box) => box.y < here.y,
    ArrowLeft: (box) => box.x < here.x && beside(box),
    ArrowRight: (box) => box.x > here.x && beside(box),
  }[key];
  const far = (box) => Math.abs(box.x + box.width / 2 - here.x - here.width / 2) + 2 * Math.abs(box.y - here.y);
  const near = towards && boxes.filter(towards).sort((a, b) => far(a) - far(b))[0];
  return near && boxes.indexOf(near);
}
