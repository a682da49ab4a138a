// The graph grows in place: a step is fetched, the parts of the page that it changes are exchanged, and the reader stays
// where they were. Arrow keys go to the nearest record in that direction. Without a script every step is a page.

const PARTS = ["picture", "side", "list"];
let scale = 1;

async function step(href, push) {
  const graph = document.querySelector("[data-graph]");
  const held = document.activeElement?.closest("[data-node]")?.dataset.node;
  const frame = document.querySelector("[data-canvas]");
  const [left, top] = frame ? [frame.scrollLeft, frame.scrollTop] : [0, 0];
  graph?.setAttribute("aria-busy", "true");
  let fresh;
  try {
    const answer = await fetch(href, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!graph || !fresh.querySelector("[data-graph]")) throw new Error("another page");
  } catch {
    location.href = href;
    return;
  }
  if (push) history.pushState(null, "", href);
  for (const part of PARTS) {
    const [old, other] = [document, fresh].map((each) => each.querySelector(`[data-part="${part}"]`));
    if (old && other) old.replaceWith(other);
  }
  graph.removeAttribute("aria-busy");
  const now = document.querySelector("[data-canvas]");
  now.scrollTo(left, top);
  fit();
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (target) target.scrollIntoView({ block: "nearest" });
  else if (held) document.querySelector(`[data-node="${CSS.escape(held)}"]`)?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-step]");
  if (!link || !document.querySelector("[data-graph]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  step(link.href.baseVal ?? link.href, true);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-sieve]") || event.target.querySelector("#way")) return;
  event.preventDefault();
  step(`${event.target.action}?${new URLSearchParams(new FormData(event.target))}`, true);
});

addEventListener("popstate", () => step(location.href, false));

const AHEAD = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

document.addEventListener("keydown", (event) => {
  const here = document.activeElement?.closest("[data-node]");
  const way = AHEAD[event.key];
  if (!here || !way || event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = (each) => { const box = each.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const [x, y] = middle(here);
  let best = null, least = Infinity;
  for (const each of document.querySelectorAll("[data-node]")) {
    const [a, b] = middle(each);
    const along = (a - x) * way[0] + (b - y) * way[1];
    const across = Math.abs((a - x) * way[1]) + Math.abs((b - y) * way[0]);
    if (each !== here && along > 4 && along + 3 * across < least) [best, least] = [each, along + 3 * across];
  }
  if (best) {
    event.preventDefault();
    best.focus();
    best.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
});

function fit() {
  const picture = document.querySelector(".graph-picture");
  if (!picture) return;
  const [, , width, height] = picture.getAttribute("viewBox").split(" ").map(Number);
  picture.setAttribute("width", width * scale);
  picture.setAttribute("height", height * scale);
}

document.addEventListener("wheel", (event) => {
  if (!event.ctrlKey || !event.target.closest?.("[data-canvas]")) return;
  event.preventDefault();
  scale = Math.min(2, Math.max(0.4, scale * (event.deltaY < 0 ? 1.1 : 0.9)));
  fit();
}, { passive: false });
