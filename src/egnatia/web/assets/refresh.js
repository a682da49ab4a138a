// Parts of a page that follow what happens: each is fetched again with its page while somebody looks at it.

const parts = [...document.querySelectorAll("[data-refresh]")];
const every = Math.min(...parts.map((part) => Number(part.dataset.refresh)));

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { "x-refresh": "1" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    // Whoever reads or types in it is not disturbed.
    if (part.contains(document.activeElement) || part.innerHTML === next.innerHTML) continue;
    part.replaceWith(next);
  }
  if (!document.querySelector("[data-refresh]")) clearInterval(timer);
}

const timer = parts.length ? setInterval(() => refresh().catch(() => {}), every * 1000) : 0;
