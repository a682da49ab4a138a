// What every page can do besides what its HTML does already: menus close, and single keys lead somewhere.
// Keys do nothing while one writes, nothing with a modifier, and nothing at all where they are switched off.

const dialog = document.getElementById("shortcuts");
let afterG = 0;

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.drop[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.drop")));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.activeElement?.closest("details.drop[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  }
});

function writing(element) {
  return element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
}

function step(by) {
  const items = [...document.querySelectorAll("[data-item] a[data-open], [data-list] a[data-item]")];
  if (!items.length) return;
  const at = items.indexOf(document.activeElement);
  const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + by, 0), items.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (writing(event.target) || dialog.open) return;
  const key = event.key;
  if (afterG && event.timeStamp - afterG < 1500) {
    afterG = 0;
    const link = dialog.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (link) location.href = link.href;
    return;
  }
  afterG = 0;
  if (key === "g") afterG = event.timeStamp;
  else if (key === "/") {
    event.preventDefault();
    document.getElementById("find").focus();
  } else if (key === "?") dialog.showModal();
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
}

if (dialog) document.addEventListener("keydown", pressed);

// What one begins to write in a search box is completed from what one may see; without a script one writes it out.
const box = document.getElementById("q") ?? document.getElementById("find");
let pending = 0;

async function offer() {
  const words = box.value.trim();
  if (words.length < 2) return;
  try {
    const answer = await fetch(`${box.dataset.suggest ?? "/search/suggest"}?${new URLSearchParams({ q: words })}`);
    if (!answer.ok || box.value.trim() !== words) return;
    const offered = await answer.json();
    box.list.replaceChildren(...offered.map((title) => new Option(title, title)));
  } catch {
    // A box without suggestions is still a box.
  }
}

if (box?.form) {
  const list = document.createElement("datalist");
  list.id = "offered";
  box.after(list);
  box.setAttribute("list", list.id);
  box.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(offer, 250);
  });
}

// The bell says how many notices are unread, while one looks; without a script it is a link to them.
const bell = document.querySelector("[data-bell]");

async function ring() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/notices/count");
    if (!answer.ok) return;
    const { unread, words } = await answer.json();
    bell.hidden = !unread;
    bell.textContent = unread > 99 ? "99+" : String(unread);
    bell.parentElement.title = words;
  } catch {
    // The next one tells.
  }
}

if (bell) {
  setTimeout(ring);
  setInterval(ring, 10_000);
  document.addEventListener("visibilitychange", ring);
}

// In an exercise the banner's clock goes on as fast as simulated time does.
const game = document.querySelector("[data-game-at]");
if (game && Number(game.dataset.gameSpeed) > 0) {
  const began = Date.now();
  const words = new Intl.DateTimeFormat(document.documentElement.lang.replace(/^en$/, "en-GB"), {
    dateStyle: "short",
    timeStyle: "medium",
    timeZone: "UTC",
  });
  setInterval(() => {
    const now = Number(game.dataset.gameAt) / 1000 + (Date.now() - began) * Number(game.dataset.gameSpeed);
    game.textContent = words.format(new Date(now));
  }, 1000);
}
