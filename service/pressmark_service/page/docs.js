const shown = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // figures, lines
  }
};

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = form.querySelector("textarea");
    const output = form.querySelector("output");
    const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.elements[name].value));
    output.textContent = "…";
    try {
      const answer = await fetch(path, {
        method: form.dataset.method,
        headers: body ? { "Content-Type": form.dataset.media } : {},
        body: body ? body.value : undefined,
      });
      const told = document.createElement("pre");
      told.textContent = `${answer.status}\n${shown(await answer.text())}`;
      output.replaceChildren(told);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}
