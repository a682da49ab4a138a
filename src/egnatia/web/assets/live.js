// New records arrive as events; what a card says of them is decided in one place, by the node.

import { place, show } from "./cards.js";

const list = document.getElementById("records");
let waiting = new Set();
let asking = false;

async function fetchCards() {
  if (asking || waiting.size === 0) return;
  asking = true;
  const ids = [...waiting].slice(0, 50);
  for (const id of ids) waiting.delete(id);
  try {
    const answer = await fetch(`${list.dataset.cards}?${new URLSearchParams(ids.map((id) => ["id", id]))}`);
    if (answer.ok) for (const card of await answer.json()) place(list, card);
  } finally {
    asking = false;
    if (waiting.size) fetchCards();
  }
}

if (list.dataset.stream) {
  const stream = new EventSource(list.dataset.stream);
  stream.onopen = () => show("live", "live");
  stream.onerror = () => show("lost", "connection lost, trying again");
  stream.addEventListener("record", (event) => {
    waiting.add(JSON.parse(event.data).record.id);
    fetchCards();
  });
}
