// A table whose rows are opened by a click, or by j, k and Enter. The first column holds the link of its row.
import { html, useRef } from "../vendor/preact.js";
import { go } from "../shell/router.js";
import { useShortcut } from "../shell/keyboard.js";

// `columns`: { head, cell(row), wide?, className? }; those that are `wide` are left out on narrow screens. `href(row)`.
// `chosen`, `choose(id)`: a Set of ids and what changes it, if rows can be selected.
export function Table({ caption, columns, rows, id, href, chosen, choose }) {
  const body = useRef(null);
  const move = (step) => () => focusRow(body.current, step);
  useShortcut("j", "next row", move(1));
  useShortcut("k", "row before", move(-1));
  useShortcut("x", "select the row", () => choose(rowAt(body.current)?.dataset.id), Boolean(choose));
  return html`<div class="table-box"><table>
    <caption class="for-readers">${caption}</caption>
    <thead><tr>
      ${choose && html`<th scope="col" class="choice"><span class="for-readers">Selected</span></th>`}
      ${columns.map((column) => html`<th scope="col" class=${classOf(column)}>${column.head}</th>`)}
    </tr></thead>
    <tbody ref=${body} onClick=${openRow}>
      ${rows.map((row) => html`<${Row} key=${id(row)} row=${row} id=${id(row)} columns=${columns} href=${href?.(row)} chosen=${chosen} choose=${choose} />`)}
    </tbody>
  </table></div>`;
}

function Row({ row, id, columns, href, chosen, choose }) {
  return html`<tr data-id=${id} class=${href ? "opens" : ""}>
    ${choose && html`<td class="choice"><input type="checkbox" aria-label="Select ${id}" checked=${chosen.has(id)} onChange=${() => choose(id)} /></td>`}
    ${columns.map((column, at) => {
      const content = column.cell(row);
      const cell = at === 0 && href ? html`<a class="row-link" href=${href}>${content}</a>` : content;
      return html`<td class=${classOf(column)}>${cell}${at === 0 && column.below?.(row)}</td>`;
    })}
  </tr>`;
}

function classOf({ wide, className = "" }) {
  return `${wide ? "wide " : ""}${className}`;
}

// A click anywhere in a row opens it, unless something is selected or the click was for something else in it.
function openRow(event) {
  if (event.defaultPrevented || event.target.closest("a, button, input, label, summary") || getSelection().toString()) return;
  const link = event.target.closest("tr")?.querySelector(".row-link");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
  else go(link.pathname + link.search);
}

function rowAt(body) {
  return document.activeElement?.closest("tr[data-id]") || body.querySelector("tr[data-id]");
}

function focusRow(body, step) {
  const links = [...body.querySelectorAll(".row-link")];
  const now = links.indexOf(document.activeElement?.closest("tr")?.querySelector(".row-link"));
  const next = now < 0 ? 0 : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next]?.focus();
}
