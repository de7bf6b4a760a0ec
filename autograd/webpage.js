// The page: what is shown at step k is a function of k alone, so that stepping back, jumping and
// playing can't disagree. A pass is computed once for each state of the leaves (`run`), and
// `moment(k)` says how much of it has happened by step k.

const computation = JSON.parse(document.getElementById("computation").textContent);
const nodes = computation.nodes.map((node) => ({ ...node, data: Number(node.data) }));
const gates = nodes.map((node, k) => k).filter((k) => nodes[k].op);
const output = nodes.length - 1;
const steps = 2 * gates.length + 1; // each gate forward, the output's own gradient, each gate back
const find = (id) => document.getElementById(id);

// ---------------------------------------------------------------- numbers and words

// A number as the pictures show it (naming.py): four digits, whole numbers whole.
function short(x) {
  if (x === null || x === undefined) return "–";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  if (Math.abs(x) < 1e7 && Number.isInteger(x)) return String(x);
  const whole = Math.abs(x) >= 9999.5 && Math.abs(x) < 1e7;
  const [digits, exponent] = rounded(x, whole ? Math.floor(Math.log10(Math.abs(x))) + 1 : 4);
  if (whole || (exponent >= -4 && exponent < 4)) return String(Number(`${digits}e${exponent}`));
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${Number(digits)}e${exponent < 0 ? "-" : "+"}${size}`;
}

// x rounded to so many digits, as mantissa and exponent. A tie goes to the even digit, as it
// does in Python; JavaScript alone would round it away from 0.
function rounded(x, count) {
  const [all, below] = x.toExponential(60).split("e"); // a tie has fewer digits than that
  const kept = all.slice(0, count + (count > 1) + (x < 0));
  const tie = /^50*$/.test(all.slice(kept.length).replace(".", ""));
  if (tie && "02468".includes(kept.at(-1))) return [kept, Number(below)];
  const [digits, exponent] = x.toExponential(count - 1).split("e");
  return [digits, Number(exponent)];
}

const signed = (text) => (text.startsWith("-") ? `(${text})` : text);
const inFormula = (name) => (/^[\p{L}\p{N}_.[\]]+$/u.test(name) ? name : `(${name})`);

// The formula's text with each node's name, or its number, in the place kept for it.
const written = (formula, word) => formula.replace(/Ξ(\d+)Ξ/g, (_, k, at) => word(Number(k), at));
const withNames = (formula) => written(formula, (k) => inFormula(nodes[k].name));
const withNumbers = (formula) =>
  written(formula, (k, at) => (at || /^Ξ\d+Ξ[²³^]/.test(formula) ? signed : String)(short(pass.data[k])));
const cut = (text, length) => (text.length > length ? text.slice(0, length - 1) + "…" : text);
const partialName = (k, operand) => `∂${inFormula(nodes[k].name)}/∂${inFormula(nodes[operand].name)}`;
const gradientName = (k) => partialName(output, k);

// An element with attributes and children; text stays text.
function make(tag, attributes = {}, ...children) {
  const isSvg = ["g", "path", "polygon", "rect", "text", "tspan", "title"].includes(tag);
  const element = isSvg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, content] of Object.entries(attributes)) element.setAttribute(name, content);
  element.append(...children);
  return element;
}
const span = (role, text) => make("span", { class: role }, text);

// ---------------------------------------------------------------- the two passes

const python = nodes.map((node) => node.data); // the leaves as they were in Python
let leaves = [...python];
let pass;

function evaluate(k, data) {
  const node = nodes[k];
  const compute = values[node.op] || values[node.gate];
  try {
    return compute(...node.operands.map((operand) => data[operand]));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const operands = node.operands.map((operand) => {
      const number = String(data[operand]);
      return nodes[operand].constant ? number : `${nodes[operand].name} = ${number}`;
    });
    throw new DomainError(`${node.op}(${operands.join(", ")}): ${error.message}`);
  }
}

// Every node's value, or how far it came and why no further. A node can be pinned to a number:
// the finite-difference check asks what the output does then.
function forward(pinned = -1, number = 0) {
  const data = [...leaves];
  const edited = pinned >= 0 || leaves.some((x, k) => !Object.is(x, python[k]));
  if (pinned >= 0) data[pinned] = number;
  if (!edited) return { data, edited };
  for (const k of gates) {
    if (k === pinned) continue;
    try {
      data[k] = evaluate(k, data);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { data, edited, failed: k, reason: error.message };
    }
  }
  return { data, edited };
}

function localDerivatives(k, { data, edited }) {
  const node = nodes[k];
  const numbers = edited
    ? locals[node.gate](...node.operands.map((operand) => data[operand]), data[k])
    : node.locals.map((local) => (local === null ? null : Number(local)));
  return numbers.map((local, place) => {
    const flows = node.flows[place] && local !== null && !(node.routes && local === 0);
    return flows ? local : null;
  });
}

// The chain rule: each node passes local × upstream on to its operands, the output first.
function run() {
  const { data, edited, failed, reason } = forward();
  const result = { data, edited, failed, reason, contributions: [], arriving: nodes.map(() => []) };
  if (failed !== undefined) return result;
  result.gradient = nodes.map(() => 0);
  result.gradient[output] = 1;
  for (let turn = 0; turn < gates.length; turn++) {
    const k = gates[gates.length - 1 - turn];
    const step = gates.length + 2 + turn;
    if (k !== output && !result.arriving[k].length) continue; // nothing flows through here
    const upstream = result.gradient[k];
    let numbers;
    try {
      numbers = localDerivatives(k, result);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { ...result, failed: k, reason: `${nodes[k].name}: ${error.message}` };
    }
    numbers.forEach((local, place) => {
      if (local === null) return;
      const operand = nodes[k].operands[place];
      const amount = local * upstream;
      const before = result.arriving[operand].length ? result.gradient[operand] : null;
      const sum = (before ?? 0) + amount;
      result.gradient[operand] = sum;
      const contribution = { step, k, place, operand, local, upstream, amount, before, sum };
      result.contributions.push(contribution);
      result.arriving[operand].push(contribution);
    });
  }
  return result;
}

const lastStep = () => (pass.failed === undefined ? steps : gates.indexOf(pass.failed) + 1);
const isBackward = (step) => step > gates.length;
const seed = gates.length + 1;
const activeNode = (step) =>
  step === 0 ? -1
  : step < seed ? gates[step - 1]
  : step === seed ? output
  : gates[gates.length - 1 - (step - seed - 1)];
const backwardStep = (k) => seed + gates.length - gates.indexOf(k); // the turn of gate k

// What is known by a step: values, and gradients as far as they have been summed up.
function moment(step) {
  const value = nodes.map((node, k) => {
    const known = !node.op || (gates.indexOf(k) < step && k !== pass.failed);
    return known ? pass.data[k] : null;
  });
  const gradient = nodes.map((node, k) => {
    if (node.constant || !isBackward(step) || pass.failed !== undefined) return null;
    if (k === output) return 1;
    const arrived = pass.arriving[k].filter((each) => each.step <= step);
    if (arrived.length) return arrived[arrived.length - 1].sum;
    // nothing will come any more: the gradient is 0
    return step === steps || (node.op && backwardStep(k) <= step && !pass.arriving[k].length) ? 0 : null;
  });
  const flowing = pass.contributions.filter((each) => each.step === step);
  return { step, value, gradient, flowing, active: activeNode(step) };
}

// ---------------------------------------------------------------- the picture

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
    group.append(make("title", {}, `constant ${node.data}`), text);
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
    group.classList.toggle("failed", k === pass.failed && now.step === lastStep());
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

// ---------------------------------------------------------------- the board: this step in words

function board(now) {
  const { step, active } = now;
  const parts = [];
  const title = (stage, ...text) =>
    parts.push(make("p", { class: "stage-name" }, stage), make("h2", {}, ...text));
  const paragraph = (...children) => parts.push(make("p", {}, ...children));
  if (step === 0) {
    title("Start", "The leaves have their values");
    paragraph("Next computes the first gate; after the last one the gradients flow back.");
  } else if (step < seed) {
    const node = nodes[active];
    title(`Forward ${step}/${gates.length}`, node.name, " = ", withNames(node.expression));
    if (active === pass.failed) {
      paragraph("There is no such value: ", pass.reason);
    } else {
      paragraph(`= ${withNumbers(node.expression)} = `, span("value", short(pass.data[active])));
    }
  } else if (step === seed) {
    title("Backward: the start", `${gradientName(output)} = 1`);
    paragraph("The output changes exactly as itself. From here every gate passes ");
    paragraph("local gradient × ", span("gradient", "upstream gradient"), " to its operands.");
  } else {
    const node = nodes[active];
    title(
      `Backward ${step - seed}/${gates.length}`, node.name, " = ", withNames(node.expression),
    );
    if (now.flowing.length || now.gradient[active] !== 0)
      paragraph("upstream ", gradientName(active), " = ", span("gradient", short(now.gradient[active])));
    now.flowing.forEach((each) => parts.push(contributionLines(each)));
    if (!now.flowing.length) paragraph("Nothing flows from this gate: no operand takes part.");
    if (step === steps) paragraph("All gradients are computed.");
  }
  find("board").replaceChildren(...parts);
}

function contributionLines({ step, k, place, operand, local, upstream, amount, before, sum }) {
  const hidden = (kind, which = place) => hides(step, kind, which);
  const formula = withNames(nodes[k].formulas[place]);
  const number = short(local);
  const first = make("p", {}, `${partialName(k, operand)} = `);
  if (hidden("local")) first.append("?");
  else first.append(formula && formula !== number ? `${formula} = ${number}` : number);
  const second = make("p", {}, `${nodes[operand].name}.grad += `);
  second.append(
    `${hidden("local") ? "?" : number} × `, span("gradient", short(upstream)), " = ",
    span("gradient", hidden("amount") ? "?" : short(amount)),
  );
  const lines = make("div", { class: "contribution" }, first, second);
  if (before !== null) {
    const [added, total] = hidden("amount") ? ["?", "?"] : [signed(short(amount)), short(sum)];
    lines.append(make("p", {}, `${nodes[operand].name}.grad = ${short(before)} + ${added} = `, span("gradient", total)));
  }
  return lines;
}

// ---------------------------------------------------------------- the chosen node

let chosen = -1;

function choose(k) {
  if (svg.classList.contains("dragged")) return;
  chosen = k === chosen ? -1 : k;
  if (chosen >= 0) roveTo(chosen, false);
  update();
}

function details(now) {
  const card = find("details");
  card.hidden = chosen < 0;
  if (chosen < 0) return;
  const node = nodes[chosen];
  const parts = [make("h2", {}, node.name, ...(node.op ? [` = ${withNames(node.expression)}`] : [" (leaf)"]))];
  const line = (...children) => parts.push(make("p", {}, ...children));
  const value = now.value[chosen];
  line("value ", span("value", value === null ? "–" : String(value)));
  if (pass.failed !== undefined) line("No gradient: the forward pass can't be finished.");
  else if (quiz.on && stillHidden(now)) line("The quiz hides the rest until this gradient is known.");
  else chainRule(line, parts);
  card.replaceChildren(...parts);
}

const stillHidden = ({ step, gradient }) =>
  gradient[chosen] === null || quizOpen(step) || pass.arriving[chosen].some((each) => each.step > step);

// The gradient as the sum over all who use the node, and what a small change really does.
function chainRule(line, parts) {
  const arriving = pass.arriving[chosen];
  const total = pass.gradient[chosen];
  if (chosen === output) line(`${gradientName(chosen)} = 1: this is the output.`);
  else if (!arriving.length) line(`${gradientName(chosen)} = 0: no gradient flows here.`);
  else {
    const terms = arriving.map(({ k }) => `${gradientName(k)}·${partialName(k, chosen)}`);
    const numbers = arriving.map(({ local, upstream }) => `${signed(short(upstream))}·${signed(short(local))}`);
    const shown = 8;
    line("Chain rule, a term for each use of this node:");
    line(`${gradientName(chosen)} = `, terms.slice(0, shown).join(" + "), arriving.length > shown ? " + …" : "");
    line("= ", numbers.slice(0, shown).join(" + "), arriving.length > shown ? ` + ${arriving.length - shown} more` : "");
    line("= ", span("gradient", String(total)));
    if (arriving.length > 1) {
      const list = make("ul");
      for (const { k, place, local, upstream, amount } of arriving.slice(0, 50)) {
        const formula = withNames(nodes[k].formulas[place]);
        list.append(make("li", {}, `through ${nodes[k].name}: ${formula ? `${formula} = ` : ""}${short(local)} × `,
          span("gradient", short(upstream)), " = ", span("gradient", short(amount))));
      }
      parts.push(list);
    }
  }
  finiteDifference(line, total);
}

function finiteDifference(line, gradient) {
  if (computation.fixed) return line("No finite-difference check: ", computation.fixed, ".");
  const x = pass.data[chosen];
  const h = 6e-6 * Math.max(1, Math.abs(x)); // the cube root of a float's rounding error
  const [above, below] = [forward(chosen, x + h), forward(chosen, x - h)];
  const problem = [above, below].find((side) => side.failed !== undefined);
  if (problem) return line("Finite difference: not possible here, ", problem.reason);
  const slope = (above.data[output] - below.data[output]) / (x + h - (x - h));
  const noise = (1e-15 * Math.max(1, Math.abs(pass.data[output]))) / h;
  const agrees = Math.abs(slope - gradient) <= 1e-5 * Math.max(Math.abs(gradient), Math.abs(slope)) + noise;
  const name = inFormula(nodes[chosen].name);
  line(`Finite difference: (f(${name} + h) - f(${name} - h)) / 2h = ${slope.toPrecision(8)}, `,
    span(agrees ? "verdict right" : "verdict wrong",
      agrees ? "agrees ✓" : "differs: look for a kink or a very steep place"));
}

// ---------------------------------------------------------------- the table, and editing leaves

const rows = new Map();

function buildTable() {
  nodes.forEach((node, k) => {
    if (node.constant) return;
    const name = make("button", { type: "button" }, cut(node.name, 60));
    name.addEventListener("click", () => choose(k));
    const value = make("td", { class: "value" });
    const gradient = make("td", { class: "gradient" });
    let input = null;
    if (!node.op) {
      input = make("input", { "aria-label": `value of ${node.name}`, inputmode: "text", autocomplete: "off" });
      input.id = `leaf-${k}`;
      input.disabled = Boolean(computation.fixed);
      input.addEventListener("change", () => edit(k, input));
      value.append(input);
    }
    const row = make("tr", {}, make("td", {}, name), value, gradient);
    rows.set(k, { row, value, gradient, input });
    find("table").append(row);
  });
  find("note").textContent = computation.fixed
    ? `Leaves can't be edited: ${computation.fixed}.`
    : "Edit a leaf, and the page computes again.";
}

function paintTable(now) {
  for (const [k, { row, value, gradient, input }] of rows) {
    if (!input) show(short(now.value[k]), value);
    show(hides(now.step, "gradient", k) ? "?" : short(now.gradient[k]), gradient);
    gradient.classList.toggle("faint", now.gradient[k] === null);
    row.classList.toggle("active", k === now.active);
    row.classList.toggle("chosen", k === chosen);
  }
  find("reset").disabled = !pass.edited;
}

function number(text) {
  const plain = text.trim().replace(",", ".").replace("−", "-");
  const [, top, bottom] = plain.match(/^([^/]+)\/([^/]+)$/) || [];
  if (top) return Number(top) / Number(bottom);
  if (/^[-+]?inf$/i.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  return plain ? Number(plain) : NaN;
}

function edit(k, input) {
  const x = number(input.value);
  input.setAttribute("aria-invalid", String(Number.isNaN(x)));
  if (Number.isNaN(x)) return complain(`${nodes[k].name}: "${input.value}" is no number.`);
  leaves[k] = x;
  recompute();
}

function reset() {
  leaves = [...python];
  recompute();
}

function recompute() {
  const wasAtEnd = step === lastStep();
  pass = run();
  quiz.solved.clear();
  for (const [k, { input }] of rows) {
    if (!input) continue;
    input.value = String(leaves[k]);
    input.removeAttribute("aria-invalid");
  }
  complain(pass.failed === undefined ? "" : `No value: ${pass.reason}`);
  find("scrubber").max = String(lastStep());
  go(wasAtEnd ? lastStep() : Math.min(step, lastStep()));
}

function complain(text) {
  find("error").textContent = text;
  find("error").hidden = !text;
}

// ---------------------------------------------------------------- the quiz

const quiz = { on: false, solved: new Set(), tried: new Set(), asked: 0, right: 0 };

// The question of a step: in turns a local derivative or a gradient.
function question(at) {
  const flowing = pass.contributions.filter((each) => each.step === at);
  if (!quiz.on || !flowing.length) return null;
  const turn = at - seed - 1;
  const each = flowing[(turn >> 1) % flowing.length];
  if (turn % 2) {
    return { ...each, kind: "local", truth: each.local, text: `What is ${partialName(each.k, each.operand)} here?` };
  }
  const sum = flowing.filter((other) => other.operand === each.operand).pop().sum;
  const more = pass.arriving[each.operand].some((other) => other.step > at);
  const name = more ? `${nodes[each.operand].name}.grad, the sum so far,` : gradientName(each.operand);
  return { ...each, kind: "gradient", truth: sum, text: `What is ${name} after this step?` };
}

const quizOpen = (at) => quiz.on && !quiz.solved.has(at) && question(at) !== null;

// Whether the quiz hides a number of this step: of an edge (by the operand's place) the local
// derivative or the contribution, of a node its gradient.
function hides(at, kind, which) {
  if (!quizOpen(at)) return false;
  const { k, kind: asked, place, operand } = question(at);
  if (kind === "gradient") return which === operand;
  const same = nodes[k].operands[which] === operand;
  return kind === "local" ? asked === "local" && which === place : same;
}

function quizCard() {
  const asked = question(step);
  find("question").hidden = !quiz.on;
  find("quiz").setAttribute("aria-pressed", String(quiz.on));
  if (!quiz.on) return;
  const open = asked && !quiz.solved.has(step);
  find("asked").textContent = !asked
    ? "Step on: the questions come in the backward pass."
    : open ? asked.text : `${asked.text} — ${short(asked.truth)}`;
  for (const id of ["answer", "reveal"]) find(id).disabled = !open;
  find("score").textContent = quiz.asked ? `${quiz.right} of ${quiz.asked} right at the first try` : "";
}

// Right within half a percent: the number in two or three digits.
function isRight(answer, truth) {
  if (Object.is(answer, truth) || answer === truth) return true;
  if (!Number.isFinite(truth)) return false;
  if (Math.abs(answer - truth) <= 0.005 * Math.abs(truth)) return true;
  return Math.abs(truth) < 1e-12 && Math.abs(answer) < 1e-9;
}

function check(event) {
  event.preventDefault();
  if (!quizOpen(step)) return;
  const asked = question(step);
  const answer = number(find("answer").value);
  const right = isRight(answer, asked.truth);
  if (Number.isNaN(answer) && !right) return verdict(`"${find("answer").value}" is no number.`, "wrong");
  if (!quiz.tried.has(step)) {
    quiz.asked += 1;
    quiz.right += right ? 1 : 0;
  }
  quiz.tried.add(step);
  if (right) solve(`Right: ${short(asked.truth)}.`, "right");
  else verdict(Math.abs(answer - asked.truth) <= 0.1 * Math.abs(asked.truth)
    ? "Close: give another digit." : "Not yet. Local gradient × upstream gradient, summed over the uses.", "wrong");
  quizCard();
}

function reveal() {
  const asked = question(step);
  if (!quiz.tried.has(step)) quiz.asked += 1;
  quiz.tried.add(step);
  solve(`It is ${short(asked.truth)}.`, "");
}

function solve(text, kind) {
  quiz.solved.add(step);
  update();
  verdict(text, kind);
}

function verdict(text, kind = "") {
  find("verdict").textContent = text;
  find("verdict").className = kind;
}

function toggleQuiz() {
  quiz.on = !quiz.on;
  quiz.solved.clear();
  quiz.tried.clear();
  quiz.asked = quiz.right = 0;
  go(quiz.on && step < seed ? Math.min(seed + 1, lastStep()) : step);
}

// ---------------------------------------------------------------- time

let step = 0;
let timer = 0;

function go(to) {
  step = Math.max(0, Math.min(lastStep(), to));
  verdict("");
  find("answer").value = "";
  update();
  follow(activeNode(step));
}

function update() {
  const now = moment(step);
  paint(now);
  board(now);
  details(now);
  paintTable(now);
  quizCard();
  find("scrubber").value = String(step);
  find("scrubber").setAttribute("aria-valuetext", stepName(step));
  find("position").textContent = `${step} / ${lastStep()}`;
  find("back").disabled = find("rewind").disabled = step === 0;
  find("next").disabled = find("end").disabled = step === lastStep();
}

function stepName(at) {
  if (at === 0) return "start";
  if (at === seed) return "backward, the start";
  const name = nodes[activeNode(at)].name;
  return at < seed ? `forward ${at} of ${gates.length}, ${name}` : `backward ${at - seed} of ${gates.length}, ${name}`;
}

function play(start = !timer) {
  clearTimeout(timer);
  timer = 0;
  if (start) {
    if (step === lastStep()) go(0);
    timer = setTimeout(tick, 0);
  }
  find("play").textContent = start ? "❚❚ Pause" : "▶ Play";
  find("play").setAttribute("aria-label", start ? "Pause" : "Play");
}

function tick() {
  go(step + 1);
  if (step === lastStep() || quizOpen(step)) return play(false);
  timer = setTimeout(tick, 1400 / Number(find("speed").value));
}

function manual(to) {
  play(false);
  go(to);
}

// ---------------------------------------------------------------- keys, theme, start

// One node at a time can be reached by Tab; the arrows go from there.
function roveTo(k, focus = true) {
  drawn.nodes.forEach((parts, other) => parts?.group.setAttribute("tabindex", other === k ? "0" : "-1"));
  if (focus) drawn.nodes[k].group.focus();
  follow(k);
}

function neighbour(k, direction) {
  do k += direction;
  while (k >= 0 && k < nodes.length && nodes[k].constant);
  return Math.max(0, Math.min(nodes.length - 1, k));
}

const darkBySystem = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const wish = document.documentElement.dataset.theme;
  return wish ? wish === "dark" : darkBySystem.matches;
}

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
}

function nameTheme() {
  find("theme").textContent = isDark() ? "Light" : "Dark";
}

function toggleHelp() {
  find("keys").hidden = !find("keys").hidden;
  find("help").setAttribute("aria-expanded", String(!find("keys").hidden));
}

const keys = {
  ArrowRight: () => manual(step + 1),
  ArrowLeft: () => manual(step - 1),
  Home: () => manual(0),
  End: () => manual(lastStep()),
  " ": () => play(),
  "+": () => zoom(1.25),
  "-": () => zoom(0.8),
  0: fit,
  q: toggleQuiz,
  t: toggleTheme,
  "?": toggleHelp,
  Escape: () => chosen >= 0 && choose(chosen),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.matches("input, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (target.matches("button") && event.key === " ") return;
  const node = target.closest?.(".node");
  if (node) {
    const k = Number(node.id.replace("node-", ""));
    if (event.key === "Enter") return choose(k);
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (direction) {
      event.preventDefault();
      const next = neighbour(k, direction);
      return nodes[next].constant ? undefined : roveTo(next);
    }
  }
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function onResize() {
  const layout = chooseLayout();
  if (layout !== drawn.layout) {
    draw(layout);
    update();
  }
  look();
}

const onClick = { rewind: () => manual(0), back: () => manual(step - 1), play: () => play(), next: () => manual(step + 1),
  end: () => manual(lastStep()), fit, reset, reveal, "zoom-in": () => zoom(1.25), "zoom-out": () => zoom(0.8),
  quiz: toggleQuiz, theme: toggleTheme, help: toggleHelp };
for (const [id, action] of Object.entries(onClick)) find(id).addEventListener("click", () => action());
find("scrubber").addEventListener("input", (event) => manual(Number(event.target.value)));
find("question").addEventListener("submit", check);
document.addEventListener("keydown", onKey);
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), ...toPicture(event));
}, { passive: false });
svg.addEventListener("pointerdown", onPointerDown);
svg.addEventListener("pointermove", onPointerMove);
svg.addEventListener("pointerup", onPointerUp);
svg.addEventListener("pointercancel", onPointerUp);
addEventListener("resize", onResize);
darkBySystem.addEventListener("change", nameTheme);

nameTheme();
pass = run();
draw(chooseLayout());
buildTable();
recompute();
look();
