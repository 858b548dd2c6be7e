for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = form.querySelector("textarea");
    const output = form.querySelector("output");
    output.textContent = "…";
    try {
      const answer = await fetch(form.dataset.path, {
        method: form.dataset.method,
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body ? body.value : undefined,
      });
      const shown = document.createElement("pre");
      shown.textContent = `${answer.status}\n${JSON.stringify(await answer.json(), null, 2)}`;
      output.replaceChildren(shown);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}
