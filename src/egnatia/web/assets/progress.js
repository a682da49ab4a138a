// How far something is, by one stream of events; when it has ended the page is asked for again.

const part = document.querySelector("[data-progress]");

if (part) {
  const stream = new EventSource(part.dataset.progress);
  const bar = part.querySelector("progress");
  const words = part.querySelector("[data-words]");
  stream.addEventListener("far", (event) => {
    const far = JSON.parse(event.data);
    bar.max = far.most || 1;
    bar.value = far.done;
    words.textContent = far.words;
  });
  stream.addEventListener("end", () => {
    stream.close();
    location.reload();
  });
  addEventListener("pagehide", () => stream.close());
}
