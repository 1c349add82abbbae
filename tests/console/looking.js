// Given [page paths, key, its name]: looks at each page of the console with that key, within one document.
// Returns { path: what it shows and what it asked for }.
async ([paths, key, name]) => {
  const until = async (holds) => {
    for (const end = performance.now() + 20000; !holds(); ) {
      if (performance.now() > end) throw new Error(`${location}: ${document.body.innerText.slice(0, 500)}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  };
  const go = async (path) => {
    history.pushState(null, "", new URL(path, root));
    dispatchEvent(new PopStateEvent("popstate"));
    await new Promise((done) => setTimeout(done));
    const shown = path.split("?")[0];
    // What has come is drawn in the next frames, and may ask for more.
    for (let frame = 0; frame < (asked.length > 0 ? 4 : 2); frame += 1) {
      await until(() => document.querySelector("main")?.dataset.path === shown && document.querySelector("main h1")
        && !document.querySelector(".awaited, main [aria-busy=true]") && waited === 0);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
  };
  const root = `${location.origin}/console/`;
  let asked = [];
  let waited = 0;
  window.plainFetch ||= window.fetch;
  window.fetch = async (url, options) => {
    waited += 1;
    try {
      const answer = await window.plainFetch(url, options);
      asked.push([answer.status, String(url)]);
      return answer;
    } finally {
      waited -= 1;
    }
  };
  // A page that asks for nothing is there while the key is changed.
  await go("no-such-page");
  location.hash = `#key=${key}`;
  await until(() => document.querySelector(".key-name")?.textContent === name);
  const seen = {};
  for (const path of paths) {
    asked = [];
    await go(path);
    const main = document.querySelector("main");
    const words = (each) => each.getAttribute("aria-label") || (each.labels?.[0] || each).textContent.trim();
    const attributes = ["aria-label", "title", "href"];
    seen[path] = {
      asked,
      controls: [...main.querySelectorAll("a, :enabled, th, dt, h2, svg[aria-label]")].map(words),
      lacking: [...main.querySelectorAll(".note.is-quiet p")].map((each) => each.textContent),
      pages: [...document.querySelectorAll("nav > div a")].map((each) => each.textContent),
      text: [...main.querySelectorAll("*")].flatMap((each) => [each.value, ...attributes.map((name) => each.getAttribute(name))]).join(" ") + main.textContent,
    };
  }
  return seen;
}
