import assert from "node:assert/strict";
import { test } from "node:test";
import { schemaRows } from "../../handler/verihook/console/operating/schema_rows.js";
import { bySource, hasTheHour } from "../../handler/verihook/console/operating/by_source.js";
import { readNewest } from "../../handler/verihook/console/operating/newest.js";
import { newOnes } from "../../handler/verihook/console/operating/new_ones.js";
import { rotationOf } from "../../handler/verihook/console/operating/rotation.js";

test("what came is counted by source, by hour and by minute", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const row = (source, outcome, at, count = 1) => ({ source, outcome, at: `2026-03-01T${at}Z`, count });
  const found = bySource({ deliveries: [
    row("a", "accepted", "12:05:00"), row("a", "accepted", "11:59:59"), row("a", "resumed", "11:59:00.001"), row("__proto__", "rejected", "11:30:00", 7),
    row("a", "duplicate", "11:20:00", 2), row("a", "rejected", "11:10:00", 3), row("a", "accepted", "11:00:30"), row("a", "accepted", "10:59:00"),
    row("a", "captured", "11:10:00"), row(null, "rejected", "11:10:00", 9), row("b", "handshake", "11:10:00"),
  ] }, now);
  assert.deepEqual([...found.keys()], ["a", "__proto__"]);
  const { hour, minutes, accepted, refused } = found.get("a");
  assert.deepEqual([hour, minutes[59], minutes[0], minutes.length], [{ accepted: 4, refused: 3, duplicate: 2 }, 2, 1, 60]);
  assert.deepEqual([accepted, refused], ["2026-03-01T12:05:00Z", "2026-03-01T11:10:00Z"]);
  assert.deepEqual([found.get("__proto__").hour.refused, found.get("__proto__").accepted], [7, ""]);
});

test("a page of the list has all of the last hour if it is the last one, or reaches further back", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  const page = (at, cursor) => hasTheHour({ deliveries: [{ at: "2026-03-01T11:59:00Z" }, { at: `2026-03-01T${at}Z` }], cursor }, now);
  assert.deepEqual([page("11:00:01", "more"), page("11:00:00", "more"), page("11:30:00", null)], [false, true, true]);
  assert.equal(hasTheHour({ deliveries: [], cursor: null }, now), true);
});

test("new is what has not been shown, and what has come again", () => {
  const shown = [{ id: "a", at: "1" }, { id: "b", at: "1" }];
  assert.equal(newOnes(shown, [{ id: "c", at: "3" }, { id: "a", at: "2" }, { id: "b", at: "1" }]), 2);
  assert.equal(newOnes([], []), 0);
});

test("an old secret may be removed when it has verified nothing for a day", () => {
  const now = Date.parse("2026-03-03T12:00:00Z");
  const both = [{ reference: "env:NEW", ended: false }, { reference: "env:OLD", ended: false }];
  const done = (source) => rotationOf(source, now).map((step) => step.done);
  assert.deepEqual(done({ secrets: both.slice(1), usable: true, previousLastUsedAt: null }), [false, false, false, false]);
  assert.deepEqual(done({ secrets: [both[0], { ...both[1], ended: true }], usable: true, previousLastUsedAt: null }), [false, false, false, false]);
  assert.deepEqual(done({ secrets: both, usable: true, previousLastUsedAt: "2026-03-03T09:00:00Z" }), [true, true, false, false]);
  const safe = rotationOf({ secrets: both, usable: true, previousLastUsedAt: "2026-03-01T09:00:00Z" }, now);
  assert.equal(safe[2].done, true);
  assert.match(safe[3].words, /safe/);
});

test("a schema is a table of its members, and ends", () => {
  const rows = schemaRows({
    type: "object", required: ["id"], additionalProperties: false,
    properties: { id: { type: "string", minLength: 1, description: "whose" }, items: { type: "array", items: { $ref: "#/$defs/item" } } },
    $defs: { item: { type: "object", properties: { kind: { enum: ["a", 1] }, children: { type: "array", items: { $ref: "#/$defs/item" } } } } },
  });
  assert.deepEqual(rows.slice(0, 5).map(({ path, type, required, rules }) => [path, type, required, rules]), [
    ["", "object", true, "no other members"], ["id", "string", true, "at least this long: 1"], ["items", "array", false, ""],
    ["items[]", "object", true, ""], ["items[].kind", "any", false, "one of a, 1"]]);
  assert.ok(rows.length < 20);
  for (const schema of [true, false, null, "x", { properties: "x", required: 3 }, { oneOf: [true, { const: 1 }] }]) assert.ok(schemaRows(schema).length >= 1);
  const wide = { properties: Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`p${at}`, {}])) };
  assert.equal(schemaRows(wide).length, 500);
});

test("pages are read until the hour is whole, and later only as far as something is known", async () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  // One every second, `count` of them; `asked`: the cursors.
  const list = (count, asked) => async (cursor) => {
    asked.push(cursor);
    const from = Number(cursor || 0);
    const deliveries = Array.from({ length: Math.min(1000, count - from) }, (_, at) => ({ id: String(count - from - at), at: new Date(now - 1000 * (from + at)).toISOString() }));
    return { deliveries, cursor: from + 1000 < count ? String(from + 1000) : null };
  };
  let asked = [];
  const reports = [];
  const first = await readNewest(null, list(9000, asked), now, (found) => reports.push(found.deliveries.length));
  assert.deepEqual([asked, reports, first.deliveries.length, hasTheHour(first, now)], [["", "1000", "2000", "3000"], [1000, 2000, 3000, 4000], 4000, true]);
  // Five more came, and one that is counted by the hour changed: it stands once, in its new place.
  asked = [];
  const fresh = [{ ...first.deliveries[7], at: new Date(now + 9).toISOString() }, ...["e", "d", "c", "b", "a"].map((id) => ({ id, at: new Date(now + 1).toISOString() })), ...first.deliveries.slice(0, 3)];
  const later = async (cursor) => asked.push(cursor) && { deliveries: cursor ? fresh.slice(3) : fresh.slice(0, 3), cursor: "more" };
  const next = await readNewest(first, later, now, () => assert.fail("nothing jumps"));
  assert.deepEqual([asked, next.deliveries.length, next.cursor, next.deliveries.map(({ id }) => id).filter((id) => id === first.deliveries[7].id).length], [["", "more"], 4005, first.cursor, 1]);
  // Of more than 10,000 within the hour there are 10 pages, and it is said that there is more.
  asked = [];
  const busy = await readNewest(null, async () => ({ deliveries: Array.from({ length: 1000 }, (_, at) => ({ id: `${asked.push(at)}`, at: new Date(now).toISOString() })), cursor: "more" }), now);
  assert.deepEqual([busy.deliveries.length, hasTheHour(busy, now)], [10000, false]);
});
