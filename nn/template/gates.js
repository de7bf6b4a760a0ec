// One sample, forward and backward, gate by gate. The numbers are the program's own; the partial
// derivatives that are shown beside them are `locals`, the table's.

const look = {
  point: null, // the sample that is looked at
  moment: null, // how many steps of it are shown; null shows the whole forward pass
  v: null, d: null, gradient: null,
  gates: [], // of the loss, in their order
  uses: [], // how many gates use each
  z: [], a: [], // by layer, the gates of each neuron
  parameters: [],
};

function lookAtProblem() {
  const { nodes, layers } = problem;
  look.parameters = namesOfParameters(problem);
  look.z = layers.map(() => []);
  look.a = layers.map(() => []);
  look.gates = nodes.map(([label, op, rule, formula, operands], k) => {
    const [letter, layer, neuron] = label.split(":");
    let name = k === nodes.length - 1 ? "loss" : "";
    if (letter) {
      look[letter][layer][neuron] = k;
      name = neuronName(letter, Number(layer), Number(neuron));
    }
    const references = operands.split(" ").map((text) => (/^[txyv]\d/.test(text) ? { kind: text[0], at: Number(text.slice(1)) } : { number: Number(text.replace(/[()]/g, "")) }));
    return { name, op, rule, formula, operands: references, layer: letter && Number(layer), neuron: letter && Number(neuron), letter };
  });
  let fresh = 0;
  for (const gate of look.gates) gate.name ||= `u${low(++fresh)}`;
  layers.forEach((layer, k) => layer.weight.forEach((_, j) => { look.a[k][j] ??= look.z[k][j]; }));
  look.uses = new Array(nodes.length).fill(0);
  for (const { operands } of look.gates) for (const { kind, at } of operands) if (kind === "v") look.uses[at]++;
  look.v = new Float64Array(nodes.length);
  look.d = new Float64Array(nodes.length);
  look.gradient = new Float64Array(problem.theta.length);
  look.moment = null;
}

// Both passes of the chosen sample, at the weights as they are now.
function computeSample() {
  const { x, y } = look.point ?? { x: null };
  if (!x) return;
  look.gradient.fill(0);
  try {
    run.program.forward(run.theta, x, y, look.v);
    run.program.backward(run.theta, x, y, look.v, look.d, look.gradient);
  } catch {
    look.v.fill(NaN);
  }
}

const lastMoment = () => 2 * look.gates.length;
const hasValue = (k) => look.point && (look.moment === null || k < look.moment);
const hasGradient = (k) => look.point && look.moment !== null && look.moment > look.gates.length && k >= lastMoment() - look.moment;
const activeGate = () => (look.moment === null || look.moment === 0 ? -1 : look.moment <= look.gates.length ? look.moment - 1 : lastMoment() - look.moment);

// A parameter's gradient: of this sample in its backward pass, else of the last batch.
function gradientOf(j) {
  if (look.moment === null) return run.updates ? run.gradient[j] : null;
  const { layer, to } = look.parameters[j];
  return hasGradient(look.z[layer][to]) ? look.gradient[j] : null;
}

const nameOf = (reference) => ({
  t: () => look.parameters[reference.at].name,
  x: () => inputName(reference.at),
  y: () => "y",
  v: () => look.gates[reference.at].name,
}[reference.kind]?.() ?? short(reference.number));

const numberOf = (reference) => ({
  t: () => run.theta[reference.at],
  x: () => look.point.x[reference.at],
  y: () => look.point.y[reference.at],
  v: () => look.v[reference.at],
}[reference.kind]?.() ?? reference.number);

const marked = (mark) => ({ kind: mark[0], at: Number(mark.slice(1)) });
const withActivation = (formula) => formula.replace(/^activation\(/, `${activationNamed(run.settings.activation).label}(`);

// name = formula = the formula with its numbers = the value
function equation(k, emphasis = "") {
  const gate = look.gates[k];
  const formula = withActivation(gate.formula);
  const strong = (mark, made) => (mark === emphasis ? element("b", {}, made) : made);
  const line = element("p", { class: "formula" }, element("b", {}, gate.name), " = ",
    ...filled(formula, (mark) => strong(mark, nameOf(marked(mark)))));
  if (!look.point) return [line];
  const numbers = element("p", { class: "formula" }, " = ",
    ...filled(formula, (mark, closed) => strong(mark, span("value", inside(numberOf(marked(mark)), closed)))),
    " = ", span("value", short(look.v[k])));
  return [line, numbers];
}

const partial = (name) => `∂loss/∂${name}`;

// local × upstream = contribution, for the operands that something flows to
function flows(k) {
  const gate = look.gates[k];
  const numbers = gate.operands.map(numberOf);
  const slopes = locals[gate.rule](...numbers, look.v[k]);
  const found = [];
  gate.operands.forEach((operand, place) => {
    if ((operand.kind === "t" || operand.kind === "v") && slopes[place] !== null) found.push({ operand, local: slopes[place] });
  });
  return found;
}

function flowLine({ operand, local }, k) {
  const parts = operand.kind === "v" && look.uses[operand.at] > 1; // of a sum over all its users
  return element("p", { class: "formula" }, element("b", {}, partial(nameOf(operand))), parts ? " += " : " = ",
    span("value", short(local)), " × ", span("gradient", inside(look.d[k], true)), " = ", span("gradient", short(local * look.d[k])));
}

const MOST_FLOWS = 6; // to weights, and as many to gates

function showGate() {
  const k = activeGate();
  const count = look.gates.length;
  if (k < 0) return [element("h2", {}, `Sample ${run.points.indexOf(look.point) + 1}: the start`), element("p", {}, "Nothing is computed yet. → takes the first gate.")];
  const gate = look.gates[k];
  const forward = look.moment <= count;
  const head = element("h2", {}, `${forward ? "Forward" : "Backward"}, gate ${forward ? look.moment : look.moment - count} of ${count}: ${gate.name}`);
  if (forward) return [head, ...equation(k)];
  const all = flows(k);
  const kinds = [..."tv"].map((kind) => all.filter(({ operand }) => operand.kind === kind));
  const { label, slope } = activationNamed(run.settings.activation);
  const known = gate.op === "activation" && slope;
  return [head,
    element("p", {}, `upstream: ${partial(gate.name)} = `, span("gradient", short(look.d[k]))),
    element("p", { class: "faint" }, `local × upstream = what flows on${known ? `; the slope of ${label} is ${slope}` : ""}`),
    ...kinds.flatMap((some) => [...some.slice(0, MOST_FLOWS).map((flow) => flowLine(flow, k)),
      ...(some.length > MOST_FLOWS ? [element("p", { class: "faint" }, `and ${some.length - MOST_FLOWS} more`)] : [])])];
}
