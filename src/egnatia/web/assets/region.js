// One stream carries what every organisation of the demonstration sees; each event names the panel it belongs to.

import { place, show } from "./cards.js";

const region = document.getElementById("region");
const form = document.getElementById("report");
const outcome = document.getElementById("outcome");
const panels = new Map([...document.querySelectorAll(".panel")].map((panel) => [panel.dataset.key, panel]));
const nodes = new Map([...document.querySelectorAll(".node")].map((node) => [node.dataset.key, node]));
let shown = { origin: "", ids: new Set(), arrived: new Map() };

function light(key) {
  nodes.get(key)?.classList.add(key === shown.origin ? "origin" : "lit");
  for (const edge of document.querySelectorAll(".edge")) {
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

function arrived({ panel, card, took, count }) {
  const element = panels.get(panel);
  const mine = took !== undefined && took !== null;
  const isNew = place(element.querySelector(".cards"), card, { keep: 60, took: mine && panel !== shown.origin ? took : undefined });
  if (isNew) element.querySelector(".count").textContent = count;
  if (mine && shown.ids.has(card.id) && !shown.arrived.has(panel)) {
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

const stream = new EventSource(region.dataset.stream);
stream.onopen = () => show("live", "live");
stream.onerror = () => show("lost", "connection lost, trying again");
stream.addEventListener("card", (event) => {
  const said = JSON.parse(event.data);
  if (early) early.push(said);
  else arrived(said);
});
