// One stream carries what every organisation of the demonstration sees; each event names the panel it belongs to.

const region = document.getElementById("region");
const form = document.getElementById("report");
const outcome = document.getElementById("outcome");
const panels = new Map([...document.querySelectorAll(".seats .panel")].map((panel) => [panel.dataset.key, panel]));
const nodes = new Map([...document.querySelectorAll(".node")].map((node) => [node.dataset.key, node]));
let shown = { origin: "", ids: new Set(), arrived: new Map() };

const state = document.getElementById("state");

function show(now) {
  state.dataset.liveState = now;
  state.querySelector("[data-word]").textContent = state.dataset[now];
}

// The card comes as HTML that the server has escaped. One that is there already stays; a recall strikes out what it
// takes back.
function place(list, { id, target, html }, took) {
  if (target) for (const item of list.querySelectorAll(`[data-id="${CSS.escape(target)}"]`)) item.classList.add("recalled");
  if (list.querySelector(`[data-id="${CSS.escape(id)}"]`)) return false;
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const item = holder.content.firstElementChild;
  item.classList.add("fresh");
  if (took !== undefined) {
    const tag = document.createElement("span");
    tag.className = "tag";
    tag.textContent = `after ${took} ms`;
    item.querySelector(".from").append(tag);
  }
  list.prepend(item);
  while (list.children.length > 60) list.lastElementChild.remove();
  return true;
}

function light(key) {
  nodes.get(key)?.classList.add(key === shown.origin ? "origin" : "lit");
  for (const edge of document.querySelectorAll(".joined")) {
    const ends = [edge.dataset.a, edge.dataset.b];
    if (ends.includes(key) && ends.includes(shown.origin) && key !== shown.origin) edge.classList.add("lit");
  }
}

function tell() {
  const name = (key) => panels.get(key).querySelector("h2").textContent;
  const saw = [...shown.arrived].filter(([key]) => key !== shown.origin).map(([key, took]) => `${name(key)} (${took} ms)`);
  const rest = [...panels.keys()].filter((key) => key !== shown.origin && !shown.arrived.has(key)).map(name);
  outcome.textContent = `Seen by ${saw.join(", ") || "nobody else so far"}. ` + (rest.length ? `Not by ${rest.join(", ")}.` : "");
}

function arrived(said) {
  const { panel, id, took, count } = said;
  const element = panels.get(panel);
  const mine = took !== undefined && took !== null;
  const isNew = place(element.querySelector(".cards"), said, mine && panel !== shown.origin ? took : undefined);
  if (isNew) element.querySelector(".count-of").textContent = count;
  if (mine && shown.ids.has(id) && !shown.arrived.has(panel)) {
    shown.arrived.set(panel, took);
    light(panel);
    tell();
  }
}

// What arrives before the answer to a report is kept: the answer says which records were ours.
let early = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = new FormData(form);
  shown = { origin: data.get("at"), ids: new Set(), arrived: new Map() };
  for (const lit of document.querySelectorAll(".lit, .node.origin")) lit.classList.remove("lit", "origin");
  early = [];
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(data), headers: { accept: "application/json" } });
    const said = await answer.json();
    if (!answer.ok) outcome.textContent = said.detail;
    else {
      shown.ids = new Set(said.ids);
      light(shown.origin);
      tell();
    }
  } catch {
    outcome.textContent = "The demonstration does not answer; is it still running?";
  }
  const kept = early;
  early = null;
  kept.forEach(arrived);
});

const stream = new EventSource(region.dataset.streamOf);
stream.onopen = () => show("live");
stream.onerror = () => show("lost");
stream.addEventListener("card", (event) => {
  const said = JSON.parse(event.data);
  if (early) early.push(said);
  else arrived(said);
});
