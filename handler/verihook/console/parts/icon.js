// Shapes, so that a status can be read without its colour. Each is drawn in a square of 16.
import { html } from "../vendor/preact.js";

const SHAPES = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  pause: "M6 4.5v7M10 4.5v7",
  stop: "M5 5h6v6H5z",
  clock: "M8 4.5V8l2.5 1.5",
  dots: "M4.5 8h.01M8 8h.01M11.5 8h.01",
  arrow: "M4 8h8M8.8 4.8L12 8l-3.2 3.2",
  twin: "M6 6h6v6H6zM4 10V4h6",
  differs: "M4 6.3h8M4 9.7h8M10.5 3.5l-5 9",
  minus: "M4.5 8h7",
  swap: "M4 6h7.5M9.5 3.8L11.8 6 9.5 8.200M12 10.500H4.500M6.5 8.300L4.2 10.500l2.3 2.2",
  again: "M12 8a4 4 0 1 1-1.3-3M12 3v2.600H9.4",
  play: "M6 4.500l5 3.5-5 3.500z",
  key: "M9.5 6.500a2 2 0 1 0-.01 0M8 7.800L4.5 11.500v1M5.8 10.200l1 1",
  copy: "M5.5 5.500h7v7h-7zM3.5 10.500v-7h7",
  search: "M7 11.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.300l3.2 3.2",
  menu: "M3 5h10M3 8h10M3 11h10",
  camera: "M3 5.500h2l1-1.500h4l1 1.500h2v7H3zM8 11a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
};

export function Icon({ name, ring = false }) {
  return html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
    ${ring && html`<circle cx="8" cy="8" r="7" class="icon-ring" />`}
    <path d=${SHAPES[name] || SHAPES.dots} />
  </svg>`;
}

export function Brand() {
  return html`<svg class="logo" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><rect width="32" height="32" rx="8" />
    <path d="M8 11l6 11L24 8" /></svg>`;
}
