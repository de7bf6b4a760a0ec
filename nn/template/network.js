// The network: neurons in columns, edges as thick as their weight, gradient or memory.

const picture = find("network");
const MOST_NEURONS = 16; // of a layer are drawn, else the first and the last
const network = { neurons: [], edges: [], loss: null, hovered: null, chosen: null, edgeLabels: false };

function svg(tag, attributes = {}, parent = picture) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  parent.append(made);
  return made;
}

// Which neurons of a layer are drawn; null stands for those left out.
function drawnOf(count) {
  const all = Array.from({ length: count }, (_, k) => k);
  return count <= MOST_NEURONS ? all : [...all.slice(0, 9), null, ...all.slice(-4)];
}

function buildNetwork() {
  picture.replaceChildren();
  const [width, height] = [picture.clientWidth, picture.clientHeight];
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const columns = [problem.inputs, ...problem.layers.map((layer) => layer.weight.length)].map(drawnOf);
  const [left, right, top] = [2.4 * unit, 7.4 * unit, 2 * unit];
  const gap = (width - left - right) / (columns.length - 1);
  const most = Math.max(...columns.map((column) => column.length));
  const pitch = Math.min((height - top - 0.6 * unit) / most, 6.4 * unit);
  const radius = Math.max(5, Math.min(1.6 * unit, 0.43 * pitch, 0.28 * gap));
  const middle = top + (height - top) / 2;
  const at = columns.map((column, c) => {
    const places = new Map();
    column.forEach((k, row) => places.set(k, [left + c * gap, middle + (row - (column.length - 1) / 2) * pitch]));
    return places;
  });
  const heading = (x, text) => { svg("text", { x, y: 1.1 * unit, class: "heading" }).textContent = text; };
  heading(left, "input");
  problem.layers.forEach((layer, l) => heading(left + (l + 1) * gap, l === problem.layers.length - 1 ? "output" : `layer ${l + 1}`));

  network.edges = [];
  const labels = [];
  problem.layers.forEach((layer, l) => layer.weight.forEach((row, k) => row.forEach((j, i) => {
    const [from, to] = [at[l].get(i), at[l + 1].get(k)];
    if (!from || !to) return;
    const line = svg("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: "edge" });
    const edge = { line, j, layer: l, to: k, from: i, ends: [from, to] };
    network.edges.push(edge);
    labels.push(edge);
  })));
  network.edgeLabels = labels.length <= 24 && gap > 9 * unit;
  for (const edge of network.edgeLabels ? labels : []) {
    const [[x1, y1], [x2, y2]] = edge.ends;
    const { weight } = problem.layers[edge.layer]; // where there are more neurons, there is room
    const share = weight.length > weight[0].length ? 0.68 + 0.06 * (edge.from % 2) : 0.32;
    edge.label = svg("text", { x: x1 + share * (x2 - x1), y: y1 + share * (y2 - y1), class: "number edge-label" });
  }
  network.neurons = [];
  columns.forEach((column, c) => column.forEach((k) => {
    const [x, y] = at[c].get(k);
    if (k === null) {
      const count = problem.layers[c - 1].weight.length;
      svg("text", { x, y, class: "heading" }).textContent = `⋮ × ${count}`;
      return;
    }
    const group = svg("g", { class: "neuron" });
    svg("circle", { cx: x, cy: y, r: radius, class: "paper" }, group);
    const fill = svg("circle", { cx: x, cy: y, r: radius, class: "fill" }, group);
    const ring = svg("circle", { cx: x, cy: y, r: radius, class: "ring" }, group);
    const roomy = radius >= 1.25 * unit;
    const value = roomy && svg("text", { x, y: y - 0.05 * unit, class: "number value" }, group);
    const gradient = roomy && svg("text", { x, y: y + 0.8 * unit, class: "number gradient" }, group);
    network.neurons.push({ group, fill, ring, value, gradient, layer: c - 1, neuron: k, at: [x, y], radius });
  }));
  const [x, y] = [width - 2.4 * unit, middle];
  const last = network.neurons.filter((each) => each.layer === problem.layers.length - 1);
  for (const { at: [x1, y1] } of last) svg("line", { x1, y1, x2: x - 1.6 * unit, y2: y, class: "edge plain" });
  for (const { group } of last) picture.append(group); // above these lines
  const box = svg("g", { class: "neuron loss" });
  const ring = svg("rect", { x: x - 1.7 * unit, y: y - 1.3 * unit, width: 3.4 * unit, height: 2.6 * unit, rx: 5, class: "ring paper" }, box);
  svg("text", { x, y: y - 0.35 * unit, class: "heading" }, box).textContent = "loss";
  network.loss = { group: box, ring, value: svg("text", { x, y: y + 0.75 * unit, class: "number value" }, box) };
}

// What the edges show: weights, gradients, or what the optimizer remembers.
function edgeNumbers() {
  const shown = find("edges").value;
  if (shown === "weight") return ["value", (j) => run.theta[j]];
  if (shown === "gradient") return ["gradient", gradientOf];
  const place = run.rule.memory.findIndex(([name]) => name === shown);
  return ["memory", (j) => run.memory[place]?.[j] ?? null];
}

const largest = (numbers) => numbers.reduce((most, x) => Math.max(most, Math.abs(x ?? 0) || 0), 1e-12);

function drawNetwork() {
  const [role, numberOf] = edgeNumbers();
  const numbers = network.edges.map(({ j }) => numberOf(j));
  const most = largest(numbers);
  // On the way back the gradients of the sample come in for the weights, as they are found.
  const found = role === "value" && look.moment > look.gates.length ? network.edges.map(({ j }) => gradientOf(j)) : [];
  const mostFound = largest(found);
  const active = look.gates[activeGate()];
  network.edges.forEach((edge, k) => {
    const back = (found[k] ?? null) !== null;
    const x = back ? found[k] : numbers[k];
    const share = Math.min(1, Math.abs(x ?? 0) / (back ? mostFound : most)) || 0;
    const busy = active?.letter === "z" && active.layer === edge.layer && active.neuron === edge.to;
    const chosen = network.hovered === edge.j || network.chosen === edge.j;
    const kind = back ? "gradient" : role;
    const { line, label } = edge;
    line.setAttribute("stroke", x === null ? colors.line : colors[chosen ? "chosen" : kind]);
    line.setAttribute("stroke-width", (chosen ? 3 : 0.7) + 4.3 * share);
    line.setAttribute("stroke-opacity", busy || chosen ? 1 : active && !back ? 0.08 + 0.35 * share : 0.15 + 0.75 * share);
    line.setAttribute("stroke-dasharray", x < 0 ? "6 4" : "none");
    if (label) {
      label.textContent = x === null ? "" : brief(x);
      label.setAttribute("class", `number edge-label ${kind}`);
    }
  });
  const { v, d } = look;
  const layerMost = problem.layers.map((_, l) => Math.max(1e-12, ...look.a[l].map((k) => Math.abs(v[k]) || 0)));
  for (const { group, fill, ring, value, gradient, layer, neuron, } of network.neurons) {
    const [z, a] = layer < 0 ? [] : [look.z[layer][neuron], look.a[layer][neuron]];
    const shownGate = layer < 0 ? null : hasValue(a) ? a : hasValue(z) ? z : null;
    const x = layer < 0 ? look.point?.x[neuron] : shownGate === null ? null : v[shownGate];
    const slope = layer < 0 ? null : hasGradient(z) ? d[z] : hasGradient(a) ? d[a] : null;
    fill.setAttribute("fill-opacity", layer < 0 || x === null ? 0 : 0.4 * Math.min(1, Math.abs(x) / layerMost[layer]) || 0);
    if (value) value.textContent = x === undefined ? inputName(neuron) : brief(x);
    if (gradient) gradient.textContent = slope === null ? "" : brief(slope);
    const busy = active && active.layer === layer && active.neuron === neuron && active.letter;
    group.classList.toggle("active", Boolean(busy));
    group.classList.toggle("backward", look.moment > look.gates.length);
    group.classList.toggle("hovered", plane.hovered?.layer === layer && plane.hovered.neuron === neuron);
    ring.setAttribute("stroke-dasharray", x < 0 ? "3 3" : "none");
  }
  const end = look.gates.length - 1;
  network.loss.value.textContent = hasValue(end) ? brief(v[end]) : "–";
  network.loss.group.classList.toggle("active", Boolean(active && !active.letter));
  network.loss.group.classList.toggle("backward", look.moment > look.gates.length);
}

// ---------------------------------------------------------------- what the pointer is over

function distanceTo([[x1, y1], [x2, y2]], x, y) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - along * dx, y - y1 - along * dy);
}

function under(event) {
  const box = picture.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const neuron = network.neurons.find((each) => each.layer >= 0 && Math.hypot(x - each.at[0], y - each.at[1]) <= each.radius);
  if (neuron) return { neuron };
  let [edge, best] = [null, 7];
  for (const each of network.edges) {
    const distance = distanceTo(each.ends, x, y);
    if (distance < best) [edge, best] = [each, distance];
  }
  return { edge };
}

function onNetwork(event) {
  const { neuron, edge } = under(event);
  const hovered = edge?.j ?? null;
  const over = neuron ? { layer: neuron.layer, neuron: neuron.neuron } : null;
  const press = event.type === "pointerdown";
  if (press) network.chosen = hovered;
  if (!press && hovered === network.hovered && over?.layer === plane.hovered?.layer && over?.neuron === plane.hovered?.neuron) return;
  network.hovered = hovered;
  plane.hovered = over;
  refresh();
}

picture.addEventListener("pointermove", onNetwork);
picture.addEventListener("pointerdown", onNetwork);
picture.addEventListener("pointerleave", () => {
  network.hovered = plane.hovered = null;
  refresh();
});
