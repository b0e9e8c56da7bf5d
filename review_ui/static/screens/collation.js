// Moves pages between respondents by mouse; the choice under each page does the same by keyboard, and is what is sent.

const people = document.getElementById("people");
const said = document.getElementById("said");

function section(copy) {
  return people.querySelector(`[data-copy="${copy}"]`);
}

function settle(leaf, copy) {
  const leaves = section(copy)?.querySelector(".leaves");
  if (!leaves) return;
  const after = [...leaves.children].find((other) => other !== leaf && Number(other.dataset.number) > Number(leaf.dataset.number));
  leaves.insertBefore(leaf, after ?? null);
  leaf.classList.toggle("moved", leaf.dataset.first !== String(copy));
}

function move(leaf, copy) {
  const choice = leaf.querySelector("select");
  const had = document.activeElement === choice;
  choice.value = String(copy);
  settle(leaf, choice.value);
  if (had) choice.focus();
  said.textContent = `${leaf.querySelector("label").textContent}: ${choice.selectedOptions[0].textContent}`;
}

for (const leaf of people.querySelectorAll(".leaf")) {
  const choice = leaf.querySelector("select");
  leaf.dataset.first = choice.value;
  leaf.draggable = true;
  leaf.querySelector("img").draggable = false; // else the picture is dragged, not its page
  choice.addEventListener("change", () => move(leaf, choice.value));
  leaf.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", leaf.dataset.page);
    event.dataTransfer.effectAllowed = "move";
  });
}

for (const place of people.querySelectorAll(".respondent")) {
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const leaf = people.querySelector(`.leaf[data-page="${CSS.escape(event.dataTransfer.getData("text/plain"))}"]`);
    if (leaf) move(leaf, place.dataset.copy);
  });
}

for (const button of document.querySelectorAll("button.preview")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const [page, copy] of Object.entries(JSON.parse(button.dataset.way))) {
      const leaf = people.querySelector(`.leaf[data-page="${page}"]`);
      if (leaf) move(leaf, copy);
    }
  });
}
