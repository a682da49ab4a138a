// A page hears by one stream that something has come. A part of it that moves by itself is then asked for again and
// put in its place; a list that one reads stays still, and a bar says how many are new.

const source = document.querySelector("[data-stream]");
const state = document.querySelector("[data-live-state]");
const bar = document.querySelector("[data-news]");
const moving = document.querySelector("[data-moving]") !== null;
const PAUSE = Number(document.querySelector("[data-moving]")?.dataset.moving) || 3000;
let news = 0;
let waiting = null;

function show(now) {
  if (!state || state.dataset.liveState === now) return;
  state.dataset.liveState = now;
  state.querySelector("[data-word]").textContent = state.dataset[now];
}

// One part at a time, so that a slow phone goes on answering in between.
const rest = () => new Promise((done) => (document.hidden ? setTimeout(done) : requestAnimationFrame(() => setTimeout(done))));

let before = Promise.resolve();
const again = () => (before = before.then(once));

async function once() {
  waiting = null;
  let fresh;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
    if (!answer.ok) return;
    const page = await answer.text();
    // The navigation stays as it is.
    fresh = new DOMParser().parseFromString(page.slice(page.indexOf("<main"), page.lastIndexOf("</main>")), "text/html");
  } catch {
    return;
  }
  const known = new Set([...document.querySelectorAll("[data-id]")].map((each) => each.dataset.id));
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    // What somebody is reading by keyboard is left until they go on.
    if (!other || part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
    if (part.isEqualNode(other)) continue;
    for (const card of other.querySelectorAll("[data-id]")) if (!known.has(card.dataset.id)) card.classList.add("fresh");
    part.replaceWith(other);
    await rest();
  }
}

function told() {
  news += 1;
  if (bar) {
    bar.hidden = false;
    bar.querySelector("[data-word]").textContent = bar.dataset.news.replace("{count}", String(news));
  }
  if (moving && waiting === null) waiting = setTimeout(again, PAUSE);
}

if (source) {
  const stream = new EventSource(source.dataset.stream);
  stream.onopen = () => show("live");
  stream.onerror = () => show(stream.readyState === EventSource.CLOSED ? "ended" : "lost");
  stream.addEventListener("record", told);
  addEventListener("pagehide", () => stream.close());
  if (moving) setInterval(() => waiting ?? again(), 60_000);
}

if (bar) {
  bar.querySelector("a").addEventListener("click", async (event) => {
    event.preventDefault();
    bar.hidden = true;
    news = 0;
    await again();
    const first = document.querySelector("[data-list] a[data-open]");
    scrollTo({ top: 0 });
    first?.focus({ preventScroll: true });
  });
}
