// The picture: the layout that Graphviz computed, painted for a moment, with pan and zoom.

const svg = find("graph");
let drawn; // the elements of the layout that is shown
let view; // the part of the picture that is seen: x, y, width, height
let stage; // and how many pixels wide and high that is
let fitted = true;
const NAME_SIZE = 14; // of a node's name, in the picture's units
const READABLE = 9; // pixels on the screen
const LARGEST = 2.2; // how much a small picture is enlarged to fill its window
const BUTTONS = 44; // pixels at the top that the zoom buttons take

const scale = ({ size: [width, height] }) =>
  Math.max(0.03, Math.min(LARGEST, stage.width / (width + 24), (stage.height - BUTTONS) / (height + 24)));
const isReadable = (layout) => scale(layout) * NAME_SIZE >= READABLE;

function chooseLayout() {
  stage = svg.getBoundingClientRect();
  const { width } = stage;
  const gain = width < 600 ? 1.05 : 1.4; // on a screen a graph is read from left to right
  const better = ([across, down]) => (scale(down) > scale(across) * gain ? down : across);
  const [roomy, dense] = [true, false].map((labelled) => computation.layouts.filter((each) => each.labelled === labelled).map(squeezed));
  // room for a label on every edge is good, but not where it leaves too little for the nodes
  const first = roomy.length && width >= 600 ? better(roomy) : null;
  return first && isReadable(first) ? first : better(dense);
}

function draw(layout) {
  drawn = { layout, nodes: nodes.map(() => null), edges: [] };
  const [left, top] = layout.shift;
  const paper = make("g", { transform: `translate(${left} ${top})` });
  svg.replaceChildren(paper);
  const isSlab = ({ frame }) => collapsed.has(frame);
  for (const frame of layout.frames.filter((each) => !isSlab(each))) paper.append(drawFrame(frame));
  for (const edge of layout.edges) paper.append(drawEdge(edge));
  for (const frame of layout.frames.filter(isSlab)) paper.append(drawFrame(frame));
  const boxes = [...layout.boxes].sort((a, b) => a.node - b.node);
  for (const box of boxes) paper.append(drawBox(box));
  for (const { label } of drawn.edges) paper.append(label); // above all lines and boxes
  fitNames();
  const probe = make("text", { class: "label flowing" }, "0".repeat(10));
  paper.append(probe);
  drawn.digit = probe.getComputedTextLength() / 10; // measured once: at each step it would cost a layout
  probe.remove();
}

// Python has reckoned how wide a name is, but only the browser knows its fonts.
function fitNames() {
  const named = drawn.nodes.filter(Boolean);
  const widths = named.map(({ name }) => name.getComputedTextLength());
  named.forEach(({ name, size: [width] }, k) => {
    if (widths[k] > width - 10) name.style.fontSize = `${(NAME_SIZE * (width - 10)) / widths[k]}px`;
  });
}

function drawEdge(edge) {
  const tip = edge.head.split(" ")[1]; // the line goes on below the arrow's head, for the way back
  const line = make("path", { d: `${edge.line}L${tip}` });
  const group = make("g", { class: "edge", "aria-hidden": "true" });
  group.append(line, make("polygon", { points: edge.head }));
  const start = line.getPointAtLength(0);
  const next = line.getPointAtLength(9);
  const angle = Math.atan2(start.y - next.y, start.x - next.x);
  const corner = (turn) => `${next.x + 3.5 * Math.cos(angle + turn)},${next.y + 3.5 * Math.sin(angle + turn)}`;
  const points = `${start.x},${start.y} ${corner(Math.PI / 2)} ${corner(-Math.PI / 2)}`;
  const label = make("text", { class: "label", "aria-hidden": "true" });
  const leader = make("path", { class: "leader" });
  group.append(make("polygon", { class: "back", points }), leader);
  const places = placesAlong(line, edge.label);
  drawn.edges.push({ ...edge, group, label, leader, places, reserved: Boolean(edge.label) });
  return group;
}

function drawBox({ node: k, at: [x, y], size: [width, height] }) {
  const node = nodes[k];
  const shape = (name, grow, radius) =>
    make("rect", {
      class: name, x: x - width / 2 - grow, y: y - height / 2 - grow,
      width: width + 2 * grow, height: height + 2 * grow, rx: radius,
    });
  if (node.constant) {
    const group = make("g", { class: "constant", "aria-hidden": "true" });
    const text = make("text", { class: "value", x, y: y + 4 }, short(node.data));
    group.append(make("title", {}, `constant ${exact(node.data)}`), text);
    return group;
  }
  const kind = node.op ? "gate" : "leaf";
  const group = make("g", {
    class: `node ${kind}${k === output ? " output" : ""}`, id: `node-${k}`,
    role: "button", tabindex: k === output ? "0" : "-1",
  });
  const name = make("text", { class: "name", x, y: y - 11 }, cut(node.name, 28));
  if (node.op) name.append(make("tspan", { class: "symbol" }, `  ${node.symbol}`));
  const value = make("text", { class: "value", x, y: y + 6 });
  const gradient = make("text", { class: "gradient", x, y: y + 22 });
  const mark = make("text", { class: "birth", x, y: y - height / 2 - 8 });
  const title = make("title");
  const round = node.op ? 22 : 5;
  group.append(title, shape("halo", 5, round + 5), shape("box", 0, round), name, value, gradient, mark);
  group.addEventListener("click", () => choose(k));
  drawn.nodes[k] = { group, name, value, gradient, mark, title, at: [x, y], size: [width, height] };
  return group;
}

function show(text, element) {
  if (element.textContent !== text) element.textContent = text;
}

function paint(now) {
  const receiving = new Set(now.flowing.map((each) => each.operand));
  const flowing = new Map(now.flowing.map((each) => [`${each.k} ${each.place}`, each]));
  const passed = new Map();
  for (const each of pass.contributions)
    if (each.step < now.step) passed.set(`${each.k} ${each.place}`, each);
  const feeding = !isBackward(now.step) && now.active >= 0 ? nodes[now.active].operands : [];
  drawn.nodes.forEach((parts, k) => {
    if (!parts) return;
    const { group, value, gradient, mark, title } = parts;
    const gradientText = hides(now.step, "gradient", k) ? "?" : short(now.gradient[k]);
    const valueText = hides(now.step, "value", k) ? "?" : short(now.value[k]);
    show(valueText, value);
    show(gradientText, gradient);
    value.classList.toggle("pending", now.value[k] === null);
    gradient.classList.toggle("pending", now.gradient[k] === null);
    group.classList.toggle("active", k === now.active);
    group.classList.toggle("receiving", receiving.has(k));
    group.classList.toggle("feeding", feeding.includes(k));
    group.classList.toggle("failed", pass.missing.has(k) && turns[k] < now.step);
    group.classList.toggle("chosen", k === chosen);
    show(quizOpen(now.step) ? "" : birthMark(k, now), mark);
    group.classList.toggle("born", Boolean(mark.textContent));
    const kind = nodes[k].op ? `${nodes[k].op} gate` : "leaf";
    const words = `${nodes[k].name}, ${kind}, value ${said(valueText)}, gradient ${said(gradientText)}` +
      (mark.textContent ? `, ${mark.textContent}` : "");
    if (group.getAttribute("aria-label") !== words) group.setAttribute("aria-label", words);
    show(words, title);
  });
  for (const { from, to, place, group, label, reserved } of drawn.edges) {
    const key = `${to} ${place}`;
    const active = flowing.get(key);
    const before = passed.get(key);
    group.classList.toggle("feeding", to === now.active && !isBackward(now.step));
    group.classList.toggle("flowing", Boolean(active));
    label.classList.toggle("flowing", Boolean(active));
    group.classList.toggle("passed", Boolean(before));
    group.classList.toggle("reversed", Boolean(active || before));
    group.classList.toggle("idle", !nodes[to].flows[place] && !nodes[from].constant);
    const said = active || (reserved && before);
    if (said && !collapsed.has(nodes[to].frame)) product(label, said, now.step);
    else show("", label);
  }
  paintFrames(now);
  placeLabels();
}

const said = (text) => ({ "–": "not computed yet", "?": "hidden" })[text] ?? text;

// ---------------------------------------------------------------- pan and zoom

function applyView() {
  svg.setAttribute("viewBox", view.join(" "));
}

function fit() {
  const { width, height } = stage;
  const [w, h] = drawn.layout.size;
  const by = scale(drawn.layout);
  view = [w / 2 - width / by / 2, h / 2 - (height + BUTTONS) / by / 2, width / by, height / by];
  fitted = true;
  applyView();
}

// The whole picture; but if its names would be too small to read, the part where things happen.
function look() {
  fit();
  const { width, height } = stage;
  if (!width || isReadable(drawn.layout)) return; // no width: in a frame not yet shown
  const readable = Math.max(0.7, 0.85 * Math.min(1, width / 700));
  view = [view[0], view[1], width / readable, height / readable];
  fitted = false;
  const first = nodes.findIndex((node) => !node.constant);
  const shown = step ? activeNode(step) : first;
  if (drawn.nodes[shown]) centre(middle(surroundings(shown)));
}

// From where to where a gate and its operands reach, across and down; in a direction in which they
// don't fit, the gate alone.
function surroundings(k) {
  const own = drawn.nodes[k];
  const around = [own, ...(nodes[k].operands ?? []).map((operand) => drawn.nodes[operand])].filter(Boolean);
  return [0, 1].map((axis) => {
    const reach = (those) => [
      Math.min(...those.map(({ at, size }) => at[axis] - size[axis] / 2)) + drawn.layout.shift[axis] - 6,
      Math.max(...those.map(({ at, size }) => at[axis] + size[axis] / 2)) + drawn.layout.shift[axis] + 6,
    ];
    const [low, high] = reach(around);
    return high - low < view[2 + axis] ? [low, high] : reach([own]);
  });
}

const middle = (spans) => spans.map(([low, high]) => (low + high) / 2);

// Look at a point, but not past the picture's edge.
function centre(point) {
  const buttons = (BUTTONS * view[2]) / stage.width;
  const [x, y] = [0, 1].map((axis) => {
    const [seen, size] = [view[2 + axis], drawn.layout.size[axis]];
    const [first, last] = [-12 - axis * buttons, size + 12 - seen];
    return last < first ? (first + last) / 2 : Math.min(last, Math.max(first, point[axis] - seen / 2));
  });
  view = [x, y, view[2], view[3]];
  applyView();
}

function zoom(factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) {
  const scale = stage.width / view[2];
  const by = Math.min(6, Math.max(0.03, scale * factor)) / scale;
  view = [x - (x - view[0]) / by, y - (y - view[1]) / by, view[2] / by, view[3] / by];
  fitted = false;
  applyView();
}

function toPicture(event) {
  const { left, top, width, height } = svg.getBoundingClientRect();
  return [
    view[0] + ((event.clientX - left) / width) * view[2],
    view[1] + ((event.clientY - top) / height) * view[3],
  ];
}

// Bring a node and its operands into sight, when zoomed in.
function follow(k) {
  if (!drawn.nodes[k] || fitted) return;
  const spans = surroundings(k);
  const isInside = ([low, high], axis) => low >= view[axis] && high <= view[axis] + view[2 + axis];
  if (!spans.every(isInside)) centre(middle(spans));
}

const pointers = new Map();

function onPointerDown(event) {
  if (pointers.size) dragged = null; // two fingers zoom
  grab(event);
  pointers.set(event.pointerId, event);
}

function onPointerMove(event) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  const moved = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
  if (!svg.classList.contains("dragged")) {
    if (moved < 4) return; // a click with a trembling hand
    svg.classList.add("dragged");
    svg.setPointerCapture(event.pointerId);
  }
  if (dragged) return drag(event);
  const others = [...pointers.values()].filter((each) => each.pointerId !== event.pointerId);
  const [oldX, oldY] = toPicture(before);
  const [newX, newY] = toPicture(event);
  if (others.length) {
    const [x, y] = toPicture(others[0]);
    zoom(Math.hypot(newX - x, newY - y) / Math.max(1, Math.hypot(oldX - x, oldY - y)), x, y);
  } else {
    view = [view[0] + oldX - newX, view[1] + oldY - newY, view[2], view[3]];
    fitted = false;
    applyView();
  }
  pointers.set(event.pointerId, event);
}

function onPointerUp(event) {
  dragged = null;
  pointers.delete(event.pointerId);
  // the click that ends a drag is none: it comes right after this event
  if (!pointers.size) setTimeout(() => svg.classList.remove("dragged"), 0);
}
