(() => {
  const get = (id) => document.getElementById(id);
  const fields = ["text", "tag", "stage", "show"].map(get);
  if (fields.some((field) => !field)) return;
  const items = [...document.querySelectorAll(".item")];
  const rows = items.filter((item) => item.tagName === "TR").length;

  function matches(item, [text, tag, stage, show]) {
    return (
      (!text || item.dataset.text.includes(text)) &&
      (!tag || item.dataset.tags.split("\n").includes(tag)) &&
      (!stage || item.dataset.stage === stage) &&
      (!show || item.dataset.kind.split(" ").includes(show))
    );
  }

  function apply() {
    const wanted = fields.map((field) => field.value.trim());
    wanted[0] = wanted[0].toLowerCase();
    let shown = 0;
    for (const item of items) {
      item.hidden = !matches(item, wanted);
      shown += !item.hidden && item.tagName === "TR";
    }
    get("count").textContent = `${shown} of ${rows} questions`;
    const hash = new URLSearchParams(fields.map((field, at) => [field.id, wanted[at]]).filter(([, value]) => value));
    history.replaceState(null, "", hash.size ? `#${hash}` : location.pathname + location.search);
  }

  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = fields.find((each) => each.id === name);
    if (field) field.value = value;
  }
  for (const field of fields) field.addEventListener("input", apply);
  get("reset").addEventListener("click", () => {
    for (const field of fields) field.value = "";
    apply();
  });
  for (const tag of document.querySelectorAll(".tag, .row")) {
    tag.addEventListener("click", () => {
      get("tag").value = tag.dataset.tag || tag.textContent;
      apply();
      get("questions").scrollIntoView();
    });
  }
  apply();
})();
