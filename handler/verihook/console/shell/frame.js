// The frame around every page: navigation, the box that finds ids, the person's key, and what is said aloud.
import { html, useEffect, useLayoutEffect, useState } from "../vendor/preact.js";
import { GROUPS, HOME, PAGES } from "../pages.js";
import { Awaited } from "../parts/page.js";
import { ProblemNote } from "../parts/problem.js";
import { Brand, Icon } from "../parts/icon.js";
import { Announcements } from "./announce.js";
import { Gate } from "./gate.js";
import { IdentityProvider, useIdentity, useWhoLooks } from "./identity.js";
import { useShortcut } from "./keyboard.js";
import { KeyMenu } from "./key_menu.js";
import { Opened } from "./opened.js";
import { Palette } from "./palette.js";
import { address, awaitsHeading, go, match, place, usePlace } from "./router.js";
import { Sheet } from "./sheet.js";

export function Console() {
  const { identity, problem, retry, hasKey } = useWhoLooks();
  if (problem?.status === 401) return html`<${Gate} problem=${hasKey ? problem : null} />`;
  if (problem) return html`<main class="alone"><h1>Verihook</h1><${ProblemNote} problem=${problem} retry=${retry} /></main>`;
  if (!identity) return html`<main class="alone" aria-busy="true"><h1 class="for-readers">Verihook</h1></main>`;
  return html`<${IdentityProvider} value=${identity}><${Frame} /><//>`;
}

function Frame() {
  const identity = useIdentity();
  const { path } = usePlace();
  const [opened, setOpened] = useState("");
  const [menu, setMenu] = useState(false);
  const shown = PAGES.filter((page) => page.group && identity.may(page.scope));
  useShortcut("mod+k", "find an id or a page (Ctrl-K or ⌘K)", () => setOpened("palette"));
  useShortcut("?", "this sheet", () => setOpened("sheet"));
  const close = () => setOpened("");
  useLayoutEffect(() => {
    if (awaitsHeading()) document.getElementById("main").focus();
  }, []);
  return html`
    <a class="skip" href="#main" onClick=${skipToMain}>Skip to the content</a>
    <header class="top">
      <button type="button" class="icon-button menu-button" aria-label="Navigation" aria-expanded=${menu} aria-controls="navigation"
        onClick=${() => setMenu(!menu)}><${Icon} name="menu" /></button>
      <a class="brand" href=${address("")}><${Brand} /><span class="brand-name">Verihook</span></a>
      <button type="button" class="finder" onClick=${() => setOpened("palette")}>
        <${Icon} name="search" /><span>Find an id, a tag, a page</span><kbd>Ctrl K</kbd></button>
      <button type="button" class="icon-button" aria-label="Keyboard and settings" title="Keyboard and settings (?)" onClick=${() => setOpened("sheet")}>?</button>
      <${KeyMenu} identity=${identity} />
    </header>
    <div class="columns" data-menu=${menu}>
      <${Navigation} id="navigation" pages=${shown} path=${path} chosen=${() => setMenu(false)} />
      <main id="main" tabindex="-1" data-path=${path}><${Found} path=${path} /></main>
    </div>
    <${Announcements} />
    ${shown.filter(({ key }) => key).map((page) => html`<${GoShortcut} key=${page.path} page=${page} />`)}
    ${opened === "palette" && html`<${Palette} pages=${shown} onClose=${close} />`}
    ${opened === "sheet" && html`<${Sheet} onClose=${close} />`}
  `;
}

function Navigation({ id, pages, path, chosen }) {
  const identity = useIdentity();
  const hidden = PAGES.filter((page) => page.group && !identity.may(page.scope));
  return html`<nav id=${id} aria-label="Pages" onClick=${(event) => event.target.closest("a") && chosen()}>
    ${GROUPS.map((group) => {
      const within = pages.filter((page) => page.group === group);
      return within.length > 0 && html`<div key=${group}><h2>${group}</h2><ul>${within.map((page) => html`<li key=${page.path}>
        <a href=${address(page.path)} aria-current=${isWithin(path, page.path) ? "page" : null}>${page.title}</a></li>`)}</ul></div>`;
    })}
    ${hidden.length > 0 && html`<details><summary>Not with this key</summary>
      <ul>${hidden.map((page) => html`<li key=${page.path}>${page.title} <code>${page.scope}</code></li>`)}</ul></details>`}
  </nav>`;
}

// The page that the path names; at the path of the console itself the first that the key may see.
function Found({ path }) {
  const identity = useIdentity();
  const found = match(path, PAGES);
  const first = HOME.map((each) => match(each, PAGES)).find((each) => each && identity.may(each.page.scope));
  const elsewhere = path === "" && first && first.page !== found?.page ? first.page.path : "";
  useEffect(() => {
    if (elsewhere) go(address(elsewhere, place().query), { replace: true });
  }, [elsewhere]);
  return elsewhere ? html`<${Awaited} />` : html`<${Opened} found=${found} path=${path} />`;
}

function GoShortcut({ page }) {
  useShortcut(`g ${page.key}`, `go to ${page.title}`, () => go(address(page.path)));
  return null;
}

function isWithin(path, above) {
  return path === above || (above !== "" && path.startsWith(`${above}/`));
}

function skipToMain(event) {
  event.preventDefault();
  const main = document.getElementById("main");
  (main.querySelector("h1") || main).focus();
}
