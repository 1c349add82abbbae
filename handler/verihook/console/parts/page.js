// What every page begins with: its title, which is the tab's too and gets the focus when the page is opened.
import { html, useEffect, useRef } from "../vendor/preact.js";
import { takeHeadingFocus } from "../shell/router.js";

// `aside`: what stands beside the title (a status); `children`: the buttons of the page.
export function PageHead({ title, tab = title, lead = "", aside = "", children }) {
  const heading = useRef(null);
  useEffect(() => {
    document.title = `${tab} · Verihook`;
  }, [tab]);
  useEffect(() => {
    if (takeHeadingFocus()) heading.current.focus({ preventScroll: true });
  }, []);
  return html`<header class="page-head">
    <div><h1 tabindex="-1" ref=${heading} title=${title.length > 80 ? title : null}>${title}</h1>${aside}</div>
    ${children && html`<div class="page-buttons">${children}</div>`}
    ${lead && html`<p class="lead">${lead}</p>`}
  </header>`;
}

// Grey bars in the place of what is still to come.
export function Awaited({ lines = 6 }) {
  return html`<div class="awaited" role="status"><span class="for-readers">Loading…</span>
    ${Array.from({ length: lines }, (_, at) => html`<div key=${at} />`)}</div>`;
}
