// Makes tables sortable: each heading becomes a button, which the keyboard reaches as well. Without scripts a table
// stays as it was written.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const written = [...body.rows];
  headings.forEach((heading, column) => {
    if (!heading.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = heading.textContent;
    heading.replaceChildren(button);
    button.addEventListener("click", () => sort(heading, column));
  });

  // Numbers begin with the largest, texts with A; the third click restores the order in which rows were written.
  function sort(heading, column) {
    const numeric = written.some((row) => "number" in row.cells[column].dataset);
    const first = numeric ? "descending" : "ascending";
    const second = numeric ? "ascending" : "descending";
    const was = heading.getAttribute("aria-sort");
    for (const other of headings) other.removeAttribute("aria-sort");
    const order = was === null ? first : was === first ? second : null;
    if (order === null) return body.append(...written);
    heading.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    body.append(...[...written].sort((a, b) => sign * compare(a.cells[column], b.cells[column], numeric)));
  }
}

function compare(a, b, numeric) {
  return numeric ? number(a) - number(b) : a.textContent.localeCompare(b.textContent);
}

// Cells without a number come last from the largest down.
function number(cell) {
  return "number" in cell.dataset ? Number(cell.dataset.number) : -Number.MAX_VALUE;
}
