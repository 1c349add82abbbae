// The newest deliveries of a list, the newest first, as far back as the last hour needs them.
import { hasTheHour } from "./by_source.js";

// 10,000 outcomes at most, as the list has 1,000 on a page.
const MOST_PAGES = 10;

// Reads pages until the hour is whole, or one has what was read `before` ({deliveries, cursor} or null): what lies
// behind that is known. `ask(cursor)`: a page; `report(found)`: after each of the first time. Returns what was found.
export async function readNewest(before, ask, now, report = () => {}) {
  let found = { deliveries: [], cursor: "" };
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { deliveries, cursor } = await ask(found.cursor);
    found = { deliveries: [...found.deliveries, ...deliveries], cursor };
    if (before && meets(before, deliveries)) return withKnown(found, before);
    if (!before) report(found);
    if (hasTheHour(found, now)) break;
  }
  return found;
}

// One that has not changed since: all that is newer stands before it.
function meets(before, deliveries) {
  const known = new Map(before.deliveries.map(({ id, at }) => [id, at]));
  return deliveries.some(({ id, at }) => known.get(id) === at);
}

function withKnown(found, before) {
  const fresh = new Set(found.deliveries.map(({ id }) => id));
  const rows = [...found.deliveries, ...before.deliveries.filter(({ id }) => !fresh.has(id))];
  const most = MOST_PAGES * 1000;
  return { deliveries: rows.slice(0, most), cursor: rows.length > most ? "more" : before.cursor };
}
