// A value is shown so that nobody follows it by mistake; this copies it as it is.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.dataset.done = "yes";
    setTimeout(() => delete button.dataset.done, 1500);
  });
}
