// Ctrl-K: pages by their name, and whatever has an id, a tag or a label, through /v1/lookup.
import { html, useEffect, useState } from "../vendor/preact.js";
import { Dialog } from "../parts/dialog.js";
import { OutcomeMark, StatusMark } from "../parts/status.js";
import { api, call } from "./client.js";
import { useIdentity } from "./identity.js";
import { address, go } from "./router.js";

const PAUSE_MS = 250;

const FOUND_BY = {
  instance: "instance",
  event: "event",
  label: "label",
  "idempotency-key": "idempotency key",
  request: "request",
};

export function Palette({ pages, onClose }) {
  const identity = useIdentity();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const search = useLookup(text.trim(), identity.may("deliveries:read"));
  const choices = [...search.hits.flatMap(choicesOf), ...pagesWith(text, pages)];
  const current = choices[Math.min(at, choices.length - 1)];
  const open = (choice) => {
    if (!choice) return;
    onClose();
    go(choice.href);
  };
  const pressed = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((choices.indexOf(current) + step + choices.length) % (choices.length || 1));
    else if (event.key === "Enter") open(current);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title="Find" onClose=${onClose}>
    <div class="palette">
      <input type="text" role="combobox" aria-label="An id, a tag, KEY=VALUE, or a page" aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant=${current ? `choice-${choices.indexOf(current)}` : null} autocomplete="off" spellcheck="false" autofocus
        placeholder="Id of an event, instance or request; tag; KEY=VALUE; page" maxlength="300" value=${text}
        onInput=${(event) => setText(event.target.value) || setAt(0)} onKeyDown=${pressed} />
      <ul role="listbox" id="palette-list" aria-label="Found">
        ${choices.map((choice, number) => html`<li role="option" key=${choice.href} id="choice-${number}" aria-selected=${choice === current}
          onClick=${() => open(choice)}>${choice.show}</li>`)}
      </ul>
      <p class="small" role="status">${search.words(choices.length)}</p>
    </div>
  <//>`;
}

function useLookup(text, allowed) {
  const [state, setState] = useState({ hits: [], asked: "", failed: "" });
  useEffect(() => {
    if (!allowed || text.length < 2) return setState({ hits: [], asked: "", failed: "" });
    const stop = new AbortController();
    const timer = setTimeout(() => {
      call(api("lookup", { q: text }), { signal: stop.signal }).then(
        ({ data }) => setState({ hits: data.found, asked: text, failed: "" }),
        (problem) => stop.signal.aborted || setState({ hits: [], asked: text, failed: problem.message }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, allowed]);
  const words = (count) => {
    if (!allowed) return "Ids are found with a key that has deliveries:read.";
    if (state.failed) return state.failed;
    if (text.length >= 2 && state.asked !== text) return "Looking…";
    if (state.asked && state.hits.length === 0) return `Nothing has the id or label “${state.asked}”.`;
    return count ? "Enter opens, arrows choose." : "";
  };
  return { hits: state.asked === text ? state.hits : [], words };
}

function choicesOf({ by, instance, delivery }) {
  const how = html`<span class="quiet">by ${FOUND_BY[by] || by}</span>`;
  return [
    instance && {
      href: address(`instances/${instance.instanceId}`),
      show: html`<${StatusMark} status=${instance.status} /><span class="grow">Instance of ${instance.workflow} <code>${instance.instanceId}</code></span>${how}`,
    },
    delivery && {
      href: address(`deliveries/${delivery.id}`),
      show: html`<${OutcomeMark} outcome=${delivery.outcome} /><span class="grow">Delivery ${delivery.eventType || ""} to ${delivery.source}</span>${how}`,
    },
  ].filter(Boolean);
}

function pagesWith(text, pages) {
  const wanted = text.trim().toLowerCase();
  return pages
    .filter(({ title }) => title.toLowerCase().includes(wanted))
    .map((page) => ({ href: address(page.path), show: html`<span class="grow">${page.title}</span><span class="quiet">page</span>` }));
}
