// A line that screen readers say and that is seen for some seconds: "Copied", "Replayed as ...".
import { html, useEffect, useState } from "../vendor/preact.js";

const SHOWN_MS = 10000;
let say = () => {};

// `href`: where what it tells of is to be seen; `linked`: the words of that link.
export function announce(text, { href = "", linked = "" } = {}) {
  say({ text, href, linked });
}

export function Announcements() {
  const [said, setSaid] = useState(null);
  useEffect(() => {
    say = setSaid;
    return () => {
      say = () => {};
    };
  }, []);
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return html`<div class="announcement" role="status" data-shown=${Boolean(said)}>
    ${said && html`<span>${said.text}</span>`}
    ${said?.href && html` <a href=${said.href}>${said.linked}</a>`}
  </div>`;
}
