import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf, scaleOf, ticks, windowOf } from "../../handler/verihook/console/timeline/scale.js";

const T0 = Date.parse("2026-03-01T12:00:00Z");
const step = (name, from, to, status = to === null ? "running" : "completed") => ({
  name, status, startedAt: new Date(T0 + from).toISOString(), endedAt: to === null ? null : new Date(T0 + to).toISOString(),
});

test("tries of a step that failed stand in one row, other runs in their own", () => {
  const rows = rowsOf([step("pay", 0, 10, "failed"), step("pay", 20, 30, "failed"), step("log", 25, 28), step("pay", 40, 50), step("pay", 60, 70)], T0 + 100);
  assert.deepEqual(rows.map(({ name, bars }) => [name, bars.length]), [["pay", 3], ["log", 1], ["pay", 1]]);
});

test("a step that goes on reaches to now, and no bar ends before it begins", () => {
  const [one, other, none] = rowsOf([step("a", 0, null), step("b", 50, 20), { name: "c", startedAt: "never", endedAt: "x" }], T0 + 100);
  assert.deepEqual([one.bars[0].open, one.bars[0].to], [true, T0 + 100]);
  assert.equal(other.bars[0].to, other.bars[0].from);
  assert.equal(none.bars[0].from, T0 + 100);
});

test("a long stretch without an event is folded, and the rest keeps its proportions", () => {
  const day = 86_400_000;
  const rows = rowsOf([step("a", 0, 100), step("b", 100 + day, 300 + day)], T0);
  const scale = scaleOf(rows, T0, T0 + 300 + day);
  assert.deepEqual(scale.folds.map(({ from, to }) => [from - T0, to - T0]), [[100, 100 + day]]);
  assert.ok(Math.abs(scale.at(T0 + 100) - 0.95 / 3) < 1e-9);
  assert.ok(Math.abs(scale.at(T0 + 100 + day) - (0.95 / 3 + 0.05)) < 1e-9);
  assert.equal(scale.at(T0 + 300 + day), 1);
  assert.equal(Math.round(scale.ms(scale.at(T0 + 50)) - T0), 50);
});

test("also within a step that waits, and several in turn; steps of one length are not", () => {
  const hour = 3_600_000;
  const waits = Array.from({ length: 5 }, (_, at) => [step("work", at * hour, at * hour + 10), step("wait", at * hour + 10, (at + 1) * hour)]).flat();
  assert.equal(scaleOf(rowsOf(waits, T0), T0, T0).folds.length, 5);
  const even = Array.from({ length: 9 }, (_, at) => step(`s${at}`, at * hour, (at + 1) * hour));
  assert.equal(scaleOf(rowsOf(even, T0), T0, T0).folds.length, 0);
  assert.equal(scaleOf(rowsOf([...even, step("brief", 0, 1)], T0), T0, T0).folds.length, 0);
});

test("no step, or no time at all, is an axis too", () => {
  for (const rows of [[], rowsOf([step("a", 0, 0)], T0), rowsOf([{ name: "x", startedAt: null, endedAt: null }], T0)]) {
    const scale = scaleOf(rows, T0, T0);
    for (const place of [scale.at(T0), scale.at(T0 - 5), scale.at(T0 + 5), scale.at(NaN)]) assert.ok(place >= 0 && place <= 1 || Number.isNaN(place));
    assert.ok(ticks(scale, 4).every(({ x, ms }) => x >= 0 && x <= 1 && ms >= 0));
  }
});

test("5,000 steps are laid out at once, and of them a few rows drawn", () => {
  const steps = Array.from({ length: 5000 }, (_, at) => step(`step ${at}`, at * 10, at * 10 + 10 + (at % 7)));
  const began = performance.now();
  const rows = rowsOf(steps, T0);
  const scale = scaleOf(rows, T0, T0);
  assert.ok(performance.now() - began < 5000);
  assert.equal(scale.folds.length, 0);
  assert.ok(rows.every(({ bars: [bar] }, at) => at === 0 || scale.at(bar.from) > scale.at(rows[at - 1].bars[0].from)));
  for (const scrolled of [0, 1, 70_000, 139_000, 1e9, -5]) {
    const { first, last, above, below } = windowOf(scrolled, 600, 28, 5000);
    assert.ok(last - first <= 60 && first >= 0 && last <= 5000);
    assert.equal(above + (last - first) * 28 + below, 140_000);
  }
  assert.deepEqual(windowOf(0, 600, 28, 0), { first: 0, last: 0, above: 0, below: 0 });
});
