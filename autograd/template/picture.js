// The picture: the layout that Graphviz computed, painted for a moment, with pan and zoom.

const svg = find("graph");
let drawn; // the elements of the layout that is shown
let view; // the part of the picture that is seen: x, y, width, height
let fitted = true;

function chooseLayout() {
  const { width, height } = svg.getBoundingClientRect();
  const scale = ({ size }) => Math.min(1.3, width / size[0], height / size[1]);
  const narrow = width < 600; // there a label on every edge would leave too little for the nodes
  const fitting = computation.layouts.filter(({ labelled }) => labelled !== narrow);
  const [across, down] = fitting.length ? fitting : computation.layouts;
  return scale(down) > scale(across) * 1.05 ? down : across;
}

function draw(layout) {
  drawn = { layout, nodes: nodes.map(() => null), edges: [], constants: [] };
  const [left, top] = layout.shift;
  const paper = make("g", { transform: `translate(${left} ${top})` });
  svg.replaceChildren(paper);
  for (const edge of layout.edges) paper.append(drawEdge(edge));
  const boxes = [...layout.boxes].sort((a, b) => a.node - b.node);
  for (const box of boxes) paper.append(drawBox(box));
  for (const { label } of drawn.edges) paper.append(label); // above all lines and boxes
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
  const middle = line.getPointAtLength(line.getTotalLength() / 2);
  const [x, y] = edge.label || [middle.x, middle.y - 5];
  const label = make("text", { class: "label", "aria-hidden": "true", x, y });
  group.append(make("polygon", { class: "back", points }));
  drawn.edges.push({ ...edge, group, label, reserved: Boolean(edge.label) });
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
  const title = make("title");
  const round = node.op ? 22 : 5;
  group.append(title, shape("halo", 5, round + 5), shape("box", 0, round), name, value, gradient);
  group.addEventListener("click", () => choose(k));
  drawn.nodes[k] = { group, value, gradient, title, at: [x, y] };
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
    const { group, value, gradient, title } = parts;
    const gradientText = hides(now.step, "gradient", k) ? "?" : short(now.gradient[k]);
    show(short(now.value[k]), value);
    show(gradientText, gradient);
    value.classList.toggle("pending", now.value[k] === null);
    gradient.classList.toggle("pending", now.gradient[k] === null);
    group.classList.toggle("active", k === now.active);
    group.classList.toggle("receiving", receiving.has(k));
    group.classList.toggle("feeding", feeding.includes(k));
    group.classList.toggle("failed", pass.missing.has(k) && turns[k] < now.step);
    group.classList.toggle("chosen", k === chosen);
    const kind = nodes[k].op ? `${nodes[k].op} gate` : "leaf";
    const words = `${nodes[k].name}, ${kind}, value ${said(now.value[k])}, gradient ` +
      (gradientText === "?" ? "hidden" : said(now.gradient[k]));
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
    if (said) product(label, said, now.step, reserved);
    else show("", label);
  }
}

const said = (x) => (x === null ? "not computed yet" : short(x));

// On an edge local × upstream = contribution, or where there is no room, the contribution.
function product(label, { step, place, local, upstream, amount }, at, room) {
  const hidden = (kind) => at === step && hides(step, kind, place);
  const parts = [
    room ? (hidden("local") ? "?" : short(local)) : "",
    room ? ` × ${short(upstream)} = ` : "",
    hidden("amount") ? "?" : short(amount),
  ];
  if (label.textContent === parts.join("")) return;
  label.replaceChildren(parts[0], parts[1], make("tspan", { class: "gradient" }, parts[2]));
}

// ---------------------------------------------------------------- pan and zoom

function applyView() {
  svg.setAttribute("viewBox", view.join(" "));
}

function fit() {
  const { width, height } = svg.getBoundingClientRect();
  const [w, h] = drawn.layout.size;
  const buttons = 44; // a strip at the top is theirs
  const scale = Math.min(1.3, width / (w + 24), (height - buttons) / (h + 24)) || 1;
  const top = h / 2 - (height + buttons) / scale / 2;
  view = [w / 2 - width / scale / 2, top, width / scale, height / scale];
  fitted = true;
  applyView();
}

// The whole picture; but if that would be too small to read, the part where things happen.
function look() {
  fit();
  const { width, height } = svg.getBoundingClientRect();
  const scale = width / view[2];
  if (scale > 0.45) return;
  const readable = Math.max(0.7, 0.85 * Math.min(1, width / 700));
  view = [view[0], view[1], width / readable, height / readable];
  fitted = false;
  const first = nodes.findIndex((node) => !node.constant);
  centre(drawn.nodes[step ? activeNode(step) : first]);
}

function centre({ at }) {
  const [x, y] = [at[0] + drawn.layout.shift[0], at[1] + drawn.layout.shift[1]];
  view = [x - view[2] / 2, y - view[3] / 2, view[2], view[3]];
  applyView();
}

function zoom(factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) {
  const scale = svg.getBoundingClientRect().width / view[2];
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

// Bring a node into sight, when zoomed in.
function follow(k) {
  const parts = drawn.nodes[k];
  if (!parts || fitted) return;
  const [x, y] = [parts.at[0] + drawn.layout.shift[0], parts.at[1] + drawn.layout.shift[1]];
  const inside = (at, start, size) => Math.abs(at - start - size / 2) < 0.25 * size;
  if (!inside(x, view[0], view[2]) || !inside(y, view[1], view[3])) centre(parts);
}

const pointers = new Map();

function onPointerDown(event) {
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
  pointers.delete(event.pointerId);
  // the click that ends a drag is none: it comes right after this event
  if (!pointers.size) setTimeout(() => svg.classList.remove("dragged"), 0);
}
