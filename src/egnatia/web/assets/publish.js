// While somebody writes, the page says who would see it; and records to refer to are found by name.

const form = document.querySelector("form.writing");
const seen = document.getElementById("foreseen");
let asked = 0;
let timer = 0;

async function foresee() {
  const mine = ++asked;
  const fields = new FormData(form);
  fields.delete("do");
  try {
    const answer = await fetch(form.dataset.foresee, { method: "POST", body: new URLSearchParams(fields) });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (mine === asked) seen.innerHTML = text;
  } catch {
    if (mine === asked) seen.textContent = seen.dataset.failed;
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(foresee, 400);
}

if (form?.dataset.foresee && seen) {
  form.addEventListener("change", (event) => seen.contains(event.target) || soon());
  soon();
}

function chosen(place, field, id) {
  if (!place.dataset.many) field.value = id;
  else if (!field.value.split(/\s+/).includes(id)) field.value = `${field.value.trim()}\n${id}`.trim();
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function finder(place) {
  const field = document.getElementById(place.dataset.for);
  const input = document.createElement("input");
  const list = document.createElement("datalist");
  list.id = `${place.dataset.for}-found`;
  input.type = "search";
  input.autocomplete = "off";
  input.setAttribute("list", list.id);
  input.setAttribute("aria-label", place.dataset.words);
  input.placeholder = place.dataset.words;
  let wait = 0;
  input.addEventListener("input", () => {
    const words = input.value.trim();
    if ([...list.options].some((option) => option.value === words)) {
      chosen(place, field, words);
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = [...list.options].find((option) => option.value === words).dataset.name;
      place.prepend(tag, " ");
      input.value = "";
      return;
    }
    clearTimeout(wait);
    wait = setTimeout(async () => {
      const answer = await fetch(`${form.dataset.find}?${new URLSearchParams({ words })}`);
      if (!answer.ok) return;
      list.replaceChildren(
        ...(await answer.json()).map((each) => {
          const option = document.createElement("option");
          option.value = each.id;
          option.label = `${each.name} · ${each.kind}`;
          option.dataset.name = each.name;
          return option;
        }),
      );
    }, 250);
  });
  place.append(input, list);
}

if (form?.dataset.find) for (const place of document.querySelectorAll("[data-for]")) finder(place);
