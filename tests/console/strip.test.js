import assert from "node:assert/strict";
import { test } from "node:test";
import { stripOf, stripWords } from "../../handler/verihook/console/operating/strip_bars.js";

test("bars of a minute are stacked, and none is higher than the strip", () => {
  const { most, paths, width } = stripOf([{ name: "accepted", counts: [...Array(58).fill(0), 30, 10] }, { name: "refused", counts: [10] }], { height: 20 });
  assert.equal(most, 30);
  assert.equal(width, 299);
  assert.equal(paths[0].d, "M290 0h4v20h-4zM295 13.3h4v6.7h-4z");
  assert.equal(paths[1].d, "M295 6.7h4v6.7h-4z");
  assert.equal(stripWords(paths, "the last hour"), "the last hour: 40 accepted, 10 refused");
});

test("one beside a million can be seen", () => {
  const { paths } = stripOf([{ name: "accepted", counts: [1e6, 1] }], { height: 20 });
  assert.match(paths[0].d, /v2h-4z$/);
});

test("nothing, and what is no count, draws nothing", () => {
  for (const counts of [[], null, undefined, "x", [NaN, -3, "7e", Infinity, null]]) {
    const { most, paths } = stripOf([{ name: "accepted", counts }]);
    assert.deepEqual([most, paths[0].d, paths[0].total], [0, "", 0]);
    assert.equal(stripWords(paths, "the last hour"), "the last hour: nothing came");
  }
});

test("of more than 60 minutes the last are shown", () => {
  assert.equal(stripOf([{ name: "a", counts: Array(200).fill(1) }]).paths[0].total, 60);
});
