"use strict";
// Zoom by click, search by Ctrl-F, S or the word in the corner. Counts come from fg:x and fg:w, never from pixels; where
// a picture has two sides, places are data-x and data-w, which count both.
let frames, total, width, zoomed = null, pattern = null;
const CHARACTER = 7.1;

function init() {
  const holder = document.getElementById("frames");
  width = Number(holder.getAttribute("width"));
  frames = Array.from(holder.children, (group) => {
    const rect = group.querySelector("rect"), title = group.querySelector("title");
    return {
      group, rect, text: group.querySelector("text"),
      name: title ? title.textContent.replace(/ \([^(]*\)$/, "") : rect.dataset.name, // what is gone has no title
      begin: Number(rect.dataset.x || rect.getAttribute("fg:x")),
      weight: Number(rect.dataset.w || rect.getAttribute("fg:w")),
      told: (group.querySelector("desc") || title).textContent,
      y: Number(rect.getAttribute("y")),
    };
  });
  total = frames[0].weight;
  const details = document.getElementById("details");
  for (const frame of frames) {
    frame.group.addEventListener("mouseover", () => { details.textContent = frame.told; });
    frame.group.addEventListener("mouseout", () => { details.textContent = " "; });
    frame.group.addEventListener("click", () => zoom(frame));
  }
  document.getElementById("unzoom").addEventListener("click", () => zoom(frames[0]));
  document.getElementById("search").addEventListener("click", ask);
  window.addEventListener("keydown", (event) => {
    const find = event.key === "F3" || (event.ctrlKey && event.key === "f") || event.key === "s";
    if (find) { event.preventDefault(); ask(); }
    if (event.key === "Escape") zoom(frames[0]);
  });
}

function zoom(target) {
  zoomed = target === frames[0] ? null : target;
  const begin = target.begin, end = begin + target.weight;
  for (const frame of frames) {
    const above = frame.y > target.y || frame === target;  // towards the root, which is drawn at the bottom
    const inside = frame.begin >= begin && frame.begin + frame.weight <= end && !(above && frame !== target);
    const parent = above && frame !== target && frame.begin <= begin && frame.begin + frame.weight >= end;
    frame.group.classList.toggle("hide", !inside && !parent);
    frame.group.classList.toggle("parent", parent);
    if (parent) place(frame, 0, width);
    if (inside) place(frame, (frame.begin - begin) / target.weight * width, frame.weight / target.weight * width);
  }
  document.getElementById("unzoom").classList.toggle("hide", zoomed === null);
}

function place(frame, x, w) {
  frame.rect.setAttribute("x", x.toFixed(2));
  frame.rect.setAttribute("width", w.toFixed(2));
  frame.text.setAttribute("x", (x + 3).toFixed(2));
  const room = Math.floor((w - 6) / CHARACTER);
  const name = frame.name;
  frame.text.textContent = room < 3 ? "" : name.length <= room ? name : name.slice(0, room - 2) + "..";
}

function ask() {
  const typed = window.prompt("Search (a regular expression); nothing clears it", pattern || "");
  if (typed !== null) search(typed);
}

// Marks what matches and sums it: a match inside a match counts once.
function search(typed) {
  pattern = typed;
  let expression;
  try { expression = new RegExp(typed); } catch { expression = null; }
  const hits = [];
  for (const frame of frames) {
    const hit = Boolean(typed) && expression !== null && frame !== frames[0] && expression.test(frame.name);
    frame.rect.style.fill = hit ? "#b455ff" : "";
    if (hit) hits.push(frame);
  }
  hits.sort((a, b) => a.begin - b.begin || b.weight - a.weight);
  let sum = 0, end = -1;
  for (const hit of hits) {
    if (hit.begin >= end) { sum += hit.weight; end = hit.begin + hit.weight; }
  }
  document.getElementById("matched").textContent =
    typed ? (expression ? `Matched: ${(sum / total * 100).toFixed(2)}%` : "Not a regular expression") : " ";
}
