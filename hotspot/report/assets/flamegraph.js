"use strict";
// Draws flame graphs from the columns a page carries: a few thousand frames at a time, searched in full.
//
// <section class="flamegraph"> holds the controls, a place to draw, and <script class="columns"> with the graph. Nodes
// are in depth-first order: the subtree of node i is [i, end[i]). A sandwich has a second tree from node `callersFrom`
// on, which is drawn upwards.

const DRAWN = 2000, ROWS = 150, CALLERS_SHOWN = 8, SLIVER = 4, LITERAL = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;" };
const dark = window.matchMedia("screen and (prefers-color-scheme: dark)"); // paper is light whatever the screen is

// -- reading --------------------------------------------------------------------------------------

// The block is deflate of: the header's length (uint32), the header as JSON, then the columns, each at a multiple of 8.
async function unpack(text) {
  const letters = atob(text.trim()), packed = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer();
  const length = new DataView(bytes).getUint32(0, true);
  const graph = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  let offset = 4 + length;
  for (const { name, type, length: count } of graph.columns) {
    offset = Math.ceil(offset / 8) * 8;
    graph[name] = new window[type](bytes, offset, count);
    offset += count * graph[name].BYTES_PER_ELEMENT;
  }
  return place(graph);
}

// Adds parent, subtree end, width and begin of each node.
function place(graph) {
  const n = graph.depth.length, path = [];
  graph.parent = new Int32Array(n).fill(-1);
  graph.end = new Int32Array(n).fill(n);
  graph.width = new Float64Array(n);
  graph.begin = new Float64Array(n);
  const used = new Float64Array(n); // width of the children placed so far
  for (let i = 0; i < n; i++) {
    while (path.length > graph.depth[i]) graph.end[path.pop()] = i;
    const parent = path.length ? path[path.length - 1] : -1;
    graph.parent[i] = parent;
    graph.width[i] = graph.total0[i] + (graph.difference ? graph.total1[i] / graph.sizeFactor : 0);
    if (parent >= 0) {
      graph.begin[i] = graph.begin[parent] + used[parent];
      used[parent] += graph.width[i];
    }
    path.push(i);
  }
  return graph;
}

// -- words ----------------------------------------------------------------------------------------

// Made once: toLocaleString makes a formatter each time, which took half of the time of drawing.
const THREE_DIGITS = [0, 1, 2].map((digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const AT_MOST_TWO = new Intl.NumberFormat("en-US", { maximumFractionDigits: 2 });

function threeDigits(value) {
  const size = Math.abs(value), digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  return THREE_DIGITS[digits].format(value);
}

function human(weight, unit) {
  const value = weight * unit.factor;
  for (const [size, symbol] of unit.steps) if (Math.abs(value) >= size * unit.rounding) return `${threeDigits(value / size)} ${symbol}`;
  return AT_MOST_TWO.format(value) + (unit.smallest ? ` ${unit.smallest}` : "");
}

function percent(share) {
  return share > 0 && share < 0.0005 ? "<0.1%" : `${(share * 100).toFixed(1)}%`;
}

const points = (share) => `${share < 0 ? "\u2212" : "+"}${Math.abs(share * 100).toFixed(2)} points`;

// plotly reads markup in texts; this is how a name is shown as it is spelled.
const literal = (text) => text.replace(/[&<>$]/g, (character) => LITERAL[character]);

function told(graph, columns) {
  return columns.map((weight, side) => {
    const whole = graph.whole[side];
    return `${human(weight, graph.unit)} (${percent(whole ? weight / whole : 0)})`;
  }).join(" \u2192 ");
}

const sidesOf = (graph, what, node) =>
  graph.difference ? [graph[`${what}0`][node], graph[`${what}1`][node]] : [graph[`${what}0`][node]];

const changeOf = (graph, [before, after]) => (after / graph.sizeFactor - before) / Math.max(graph.whole[0], 1);

// What a node tells: its name, where it is, and its weights; plain text, one entry a line.
function facts(graph, node) {
  const label = graph.label[node], { files, modules, lines, findings } = graph.labels;
  const place = files[label] && files[label] + (lines[label] ? `:${lines[label]}` : "");
  const found = [[place, modules[label]].filter(Boolean).join("  ")];
  const totals = sidesOf(graph, "total", node);
  found.push(`total ${told(graph, totals)}`);
  if (!(graph.callersFrom !== null && node >= graph.callersFrom)) found.push(`self ${told(graph, sidesOf(graph, "self", node))}`);
  if (graph.difference) found.push(`change ${points(changeOf(graph, totals))} of the baseline's time`, findings[label]);
  return found.filter(Boolean);
}

function chunks(text, size) {
  const shown = text.length > 400 ? `${text.slice(0, 300)} ... ${text.slice(-95)}` : text;
  return shown.match(new RegExp(`.{1,${size}}`, "gsu")) || ["(no name)"];
}

function hoverText(graph, node) {
  const name = chunks(graph.labels.names[graph.label[node]], 90).map((part) => `<b>${literal(part)}</b>`);
  return [...name, ...facts(graph, node).flatMap((line) => chunks(line, 110)).map(literal)].join("<br>");
}

const measure = document.createElement("canvas").getContext("2d");

// The name, with its middle left out where the frame is too narrow for all of it.
function fitted(name, room) {
  if (room < 18) return "";
  let shown = name.slice(0, Math.ceil(room / 3));
  if (shown === name && measure.measureText(name).width <= room) return name;
  for (let length = Math.min(shown.length, name.length - 1); length > 1;) {
    const head = Math.ceil(length * 0.6);
    shown = `${name.slice(0, head)}\u2026${name.slice(name.length - (length - head))}`;
    const wide = measure.measureText(shown).width;
    if (wide <= room) return shown;
    length = Math.min(length - 1, Math.floor(length * room / wide));
  }
  return "";
}

// -- searching ------------------------------------------------------------------------------------

// A plain word is a case-insensitive substring, /.../ a regular expression; null where it is no valid one.
function matcher(typed) {
  const inside = /^\/(.+)\/$/s.exec(typed);
  try {
    const pattern = inside ? new RegExp(inside[1], "u") : new RegExp(typed.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "iu");
    return (text) => pattern.test(text);
  } catch { return null; }
}

// Which labels match, and the weight of all frames that do: a match inside a match counts once.
function search(graph, typed) {
  const matches = matcher(typed), { names, files, modules } = graph.labels;
  if (!matches) return null;
  const hit = names.map((name, i) => matches(name) || (files[i] && matches(files[i])) || (modules[i] && matches(modules[i])));
  const sums = graph.whole.map(() => 0), functions = new Set();
  const last = graph.callersFrom === null ? graph.depth.length : graph.callersFrom;
  for (let i = 0, covered = 0; i < last; i++) {
    if (!hit[graph.label[i]] || (graph.hasRoot && i === 0)) continue;
    functions.add(graph.label[i]);
    if (i < covered) continue;
    sidesOf(graph, "total", i).forEach((weight, side) => { sums[side] += weight; });
    covered = graph.end[i];
  }
  return { hit, sums, functions: functions.size };
}

// -- one graph ------------------------------------------------------------------------------------

class FlameGraph {
  constructor(section, graph) {
    this.section = section;
    this.graph = graph;
    this.plot = this.part("plot");
    this.zoomed = 0;
    this.trail = []; // where Back leads
    this.cursor = 0;
    this.found = null;
    this.coloring = graph.colorings[0];
    this.flamesUp = section.dataset.orientation === "flame";
    this.listen();
    this.draw();
  }

  part(name) { return this.section.querySelector(`.${name}`); }

  name(node) { return this.graph.labels.names[this.graph.label[node]] || "(no name)"; }

  isCaller(node) { return this.graph.callersFrom !== null && node >= this.graph.callersFrom; }

  // Nodes to draw, widest first where there are too many: those below the zoomed one, and its callers.
  chosen() {
    const { graph, zoomed } = this, { width, depth } = graph;
    const pixel = width[zoomed] / Math.max(this.plot.clientWidth, 1);
    const both = zoomed === 0 && graph.callersFrom !== null;
    const last = both ? depth.length : graph.end[zoomed];
    const level = (node) => depth[node] - (this.isCaller(node) === this.isCaller(zoomed) ? depth[zoomed] : 0);
    const deepest = [0, 0]; // row below which there are but slivers, of callees and of callers
    let nodes = [], hidden = 0, deeper = 0;
    for (let i = zoomed; i < last; i++) {
      if (width[i] < pixel / 3) hidden++;
      else if (level(i) >= ROWS) deeper++;
      else {
        nodes.push(i);
        const side = Number(this.isCaller(i));
        if (width[i] >= SLIVER * pixel) deepest[side] = Math.max(deepest[side], level(i));
      }
    }
    const found = nodes.length;
    nodes = nodes.filter((node) => level(node) <= deepest[Number(this.isCaller(node))]);
    hidden += found - nodes.length;
    if (nodes.length > DRAWN) {
      nodes.sort((a, b) => width[b] - width[a] || a - b);
      hidden += nodes.length - DRAWN;
      nodes.length = DRAWN;
    }
    const callers = [];
    for (let node = graph.parent[zoomed]; node >= 0; node = graph.parent[node]) callers.push(node);
    return { nodes, callers: callers.slice(0, CALLERS_SHOWN), left: callers.length, hidden, deeper };
  }

  rowOf(node) { return this.graph.depth[node] * (this.isCaller(node) ? -1 : 1); }

  draw() {
    const { graph, zoomed } = this, night = dark.matches, view = this.chosen();
    const whole = graph.width[zoomed], pixels = this.plot.clientWidth / whole, start = graph.begin[zoomed];
    const page = getComputedStyle(this.section), text = page.getPropertyValue("--on-frame"), paper = page.getPropertyValue("--page");
    measure.font = `${graph.layout.font.size}px ${graph.layout.font.family}`;
    const categories = [...this.coloring.categories, graph.match];
    const traces = categories.map((category) => ({
      ...graph.trace, base: [], x: [], y: [], width: 1, text: [], hovertext: [], customdata: [],
      insidetextfont: { color: text }, constraintext: "none",
      marker: {
        color: night ? category.dark : category.light, opacity: [], line: { color: paper, width: 1 },
        pattern: { shape: category.pattern, solidity: 0.15 },
      },
    }));
    this.drawn = new Map();
    const add = (node, begin, width, opacity) => {
      const category = this.found && this.found.hit[graph.label[node]] ? categories.length - 1 : graph[this.coloring.key][node];
      const trace = traces[category], row = this.rowOf(node);
      trace.base.push(begin);
      trace.x.push(width);
      trace.y.push(row);
      trace.text.push(literal(fitted(this.name(node), width * pixels - 8)));
      trace.hovertext.push(hoverText(graph, node));
      trace.customdata.push(node);
      trace.marker.opacity.push(opacity);
      this.drawn.set(node, { row, begin, end: begin + width });
    };
    for (const node of view.callers) add(node, 0, whole, 0.55);
    for (const node of view.nodes) add(node, graph.begin[node] - start, graph.width[node], 1);
    this.finish(traces.filter((trace) => trace.x.length), view, whole);
  }

  finish(traces, view, whole) {
    const { graph } = this;
    let first = Infinity, last = -Infinity;
    for (const { row } of this.drawn.values()) { first = Math.min(first, row); last = Math.max(last, row); }
    const down = [last + 0.5, first - 0.5], up = [first - 0.5, last + 0.5];
    const figure = {
      ...graph.layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      height: (last - first + 1) * graph.row, shapes: this.outline(),
      xaxis: { ...graph.layout.xaxis, range: [0, whole] },
      yaxis: { ...graph.layout.yaxis, range: this.flamesUp && graph.callersFrom === null ? up : down },
    };
    this.ready = Plotly.react(this.plot, traces, figure, { displayModeBar: false, responsive: false, staticPlot: false });
    if (!this.bound) this.bindPlot();
    // So that a printed page, which is narrower than the screen, scales the drawing instead of cutting it off.
    this.ready.then(() => {
      for (const layer of this.plot.querySelectorAll(".main-svg")) {
        layer.setAttribute("viewBox", `0 0 ${layer.getAttribute("width")} ${layer.getAttribute("height")}`);
      }
    });
    this.tell(view);
    this.legend(traces.length);
  }

  outline() {
    const at = this.drawn.get(this.cursor);
    if (!at || document.activeElement !== this.plot) return [];
    const color = getComputedStyle(this.section).getPropertyValue("--ink");
    return [{ type: "rect", x0: at.begin, x1: at.end, y0: at.row - 0.5, y1: at.row + 0.5, line: { color, width: 2 } }];
  }

  // -- what is said beside the picture

  tell({ nodes, callers, left, hidden, deeper }) {
    const said = [`${(nodes.length + callers.length).toLocaleString("en-US")} frames drawn`];
    if (hidden) said.push(`${hidden.toLocaleString("en-US")} too narrow to see: zoom in for them`);
    if (deeper) said.push(`${deeper.toLocaleString("en-US")} deeper than ${ROWS} rows: zoom in for them`);
    if (left > callers.length) said.push(`${left - callers.length} more callers above`);
    this.part("drawn").textContent = `${said.join("; ")}.`;
    this.part("zoomed").textContent = this.zoomed ? `Zoomed into ${this.name(this.zoomed)}` : "";
    this.part("back").disabled = !this.trail.length;
    this.part("reset").disabled = this.zoomed === 0;
  }

  legend() {
    const { key, categories } = this.coloring, used = new Set(this.graph[key]);
    const entries = categories.filter((_, i) => used.has(i) || key === "difference"); // a scale is shown whole
    if (this.found && this.found.functions) entries.push(this.graph.match);
    this.part("legend").replaceChildren(...entries.map((category) => {
      const entry = document.createElement("li"), swatch = document.createElement("span");
      swatch.className = category.pattern ? "swatch hatched" : "swatch";
      swatch.style.backgroundColor = dark.matches ? category.dark : category.light;
      entry.append(swatch, category.name);
      return entry;
    }));
  }

  describe(node) {
    const name = document.createElement("b"), more = document.createElement("span");
    name.textContent = this.name(node);
    more.textContent = facts(this.graph, node).join(" \u00b7 ");
    this.part("details").replaceChildren(name, more);
  }

  // -- what the reader does

  zoom(node, remember = true) {
    if (node === this.zoomed) return;
    if (remember) this.trail.push(this.zoomed);
    this.zoomed = node === this.graph.callersFrom ? 0 : node;
    this.cursor = this.zoomed;
    this.draw();
  }

  back() { if (this.trail.length) this.zoom(this.trail.pop(), false); }

  reset() {
    this.zoom(0, false);
    this.trail = [];
    this.part("back").disabled = true;
  }

  look(typed) {
    const result = this.part("matched");
    this.found = typed ? search(this.graph, typed) : null;
    if (!typed) result.textContent = "";
    else if (!this.found) result.textContent = "This is not a regular expression.";
    else if (!this.found.functions) result.textContent = "Nothing matches.";
    else {
      const { functions, sums } = this.found;
      const change = this.graph.difference ? `, ${points(changeOf(this.graph, sums))}` : "";
      result.textContent = `${functions.toLocaleString("en-US")} ${functions === 1 ? "function matches" : "functions match"}: ${told(this.graph, sums)}${change}`;
    }
    this.draw();
  }

  move(cursor) {
    if (cursor === undefined || cursor < 0) return;
    this.cursor = cursor;
    this.describe(cursor);
    Plotly.relayout(this.plot, { shapes: this.outline() });
  }

  // The drawn frame next to the cursor: in the row above or below where they touch, or beside it in its own row.
  neighbour(rowStep, side) {
    const at = this.drawn.get(this.cursor);
    if (!at) return this.zoomed;
    let best, distance = Infinity;
    for (const [node, frame] of this.drawn) {
      if (frame.row !== at.row + rowStep || node === this.cursor) continue;
      const touches = frame.begin < at.end && frame.end > at.begin;
      const away = rowStep ? (touches ? frame.begin - frame.end : Infinity) : side * (frame.begin - at.begin);
      if ((rowStep || away > 0) && away < distance) { distance = away; best = node; }
    }
    return best;
  }

  press(event) {
    const down = this.flamesUp && this.graph.callersFrom === null ? -1 : 1;
    const act = {
      ArrowDown: () => this.move(this.neighbour(down, 0)), ArrowUp: () => this.move(this.neighbour(-down, 0)),
      ArrowLeft: () => this.move(this.neighbour(0, -1)), ArrowRight: () => this.move(this.neighbour(0, 1)),
      Enter: () => this.zoom(this.cursor), Backspace: () => this.back(), Escape: () => this.reset(),
      "/": () => this.part("search").focus(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  bindPlot() {
    this.bound = true;
    this.plot.on("plotly_click", (event) => this.zoom(event.points[0].customdata));
    this.plot.on("plotly_hover", (event) => this.describe(event.points[0].customdata));
  }

  listen() {
    const colors = this.part("colors"), orientation = this.part("orientation"), box = this.part("search");
    colors.replaceChildren(...this.graph.colorings.map((coloring) => new Option(coloring.key)));
    colors.value = this.coloring.key;
    colors.parentElement.hidden = this.graph.colorings.length < 2;
    colors.addEventListener("change", () => {
      this.coloring = this.graph.colorings.find((coloring) => coloring.key === colors.value);
      this.draw();
    });
    orientation.parentElement.hidden = this.graph.callersFrom !== null;
    orientation.value = this.flamesUp ? "flame" : "icicle";
    orientation.addEventListener("change", () => { this.flamesUp = orientation.value === "flame"; this.draw(); });
    this.part("back").addEventListener("click", () => this.back());
    this.part("reset").addEventListener("click", () => this.reset());
    let waiting;
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => this.look(box.value), 150); });
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") { box.value = ""; this.look(""); this.plot.focus(); } });
    this.plot.addEventListener("keydown", (event) => this.press(event));
    this.plot.addEventListener("focus", () => {
      // Not for a click: drawing anew between press and release makes plotly forget what was under the pointer.
      if (this.plot.matches(":focus-visible")) this.move(this.drawn.has(this.cursor) ? this.cursor : this.zoomed);
    });
    this.plot.addEventListener("blur", () => Plotly.relayout(this.plot, { shapes: [] }));
    dark.addEventListener("change", () => this.draw());
    let width = this.plot.clientWidth;
    new ResizeObserver(() => {
      if (this.plot.clientWidth === width) return;
      width = this.plot.clientWidth;
      this.draw();
    }).observe(this.plot);
  }
}

for (const section of document.querySelectorAll("section.flamegraph")) {
  unpack(section.querySelector(".columns").textContent).then((graph) => {
    section.flamegraph = new FlameGraph(section, graph);
    return section.flamegraph.ready;
  }).then(() => { section.dataset.ready = "true"; }).catch((error) => {
    section.querySelector(".drawn").textContent = `This graph cannot be drawn here: ${error.message}`;
    throw error;
  });
}
