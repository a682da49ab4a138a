// A card is filled in from data into the page's <template>: text only, never markup.

const template = document.getElementById("card");

export function cardElement(card, took) {
  const item = template.content.firstElementChild.cloneNode(true);
  item.className = `card tlp-line-${card.tlp.replace("+", "-")}`;
  item.classList.toggle("minor", card.minor);
  item.dataset.id = card.id;
  item.dataset.version = card.version;
  const field = (name) => item.querySelector(`[data-field="${name}"]`);
  const tlp = field("tlp");
  tlp.className = `tlp tlp-${card.tlp.replace("+", "-")}`;
  tlp.textContent = `TLP:${card.tlp.toUpperCase()}`;
  for (const name of ["kind", "title", "detail", "owner"]) field(name).textContent = card[name];
  for (const name of ["title", "detail"]) {
    if (card.lang) field(name).lang = card.lang;
    else field(name).removeAttribute("lang");
  }
  field("clock").dateTime = card.added;
  field("clock").textContent = card.added.slice(11, 19);
  field("detail").hidden = !card.detail;
  field("redacted").hidden = !card.redacted;
  field("named").hidden = !card.named;
  field("took").hidden = took === undefined;
  if (took !== undefined) field("took").textContent = `after ${took} ms`;
  return item;
}

// Puts a card on top of a list. One that is there already stays; a recall strikes out what it takes back.
export function place(list, card, { keep = 100, took } = {}) {
  if (card.target) strike(list, card.target);
  const same = list.querySelector(`[data-id="${CSS.escape(card.id)}"][data-version="${CSS.escape(card.version)}"]`);
  if (same) return false;
  list.querySelector(".empty")?.remove();
  const item = cardElement(card, took);
  item.classList.add("fresh");
  list.prepend(item);
  while (list.children.length > keep) list.lastElementChild.remove();
  return true;
}

export function strike(list, id) {
  for (const item of list.querySelectorAll(`[data-id="${CSS.escape(id)}"]`)) item.classList.add("recalled");
}

export function show(state, words) {
  const shown = document.getElementById("state");
  if (shown.dataset.state === state) return;
  shown.dataset.state = state;
  shown.querySelector(".word").textContent = words;
}
