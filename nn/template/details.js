// What is explained: the gate of this step, the weight or neuron under the pointer; and the table.

function memoryWords(name) {
  return { velocity: "velocity", squares: "sum of squares", mean: "mean of squares" }[name] ?? name;
}

function explainWeight(j) {
  const { name, layer, to, from } = look.parameters[j];
  const z = look.z[layer][to];
  const gate = look.gates[z];
  const lines = [element("h2", {}, `${name}: ${from === null ? "the bias" : from >= 0 && layer === 0 ? `from ${inputName(from)}` : `from neuron ${from + 1} of layer ${layer}`} ${from === null ? "of" : "to"} neuron ${to + 1} of ${layer === problem.layers.length - 1 ? "the output" : `layer ${layer + 1}`}`)];
  const own = gradientOf(j);
  const facts = element("p", {}, "value ", span("value", short(run.theta[j])), ", gradient ", span("gradient", short(own)),
    own === null ? "" : look.moment === null ? ` (mean of the last batch)` : " (of this sample)");
  run.rule.memory.forEach(([memory], k) => facts.append(`, ${memoryWords(memory)} `, span("memory", short(run.memory[k][j]))));
  lines.push(facts, ...equation(z, `t${j}`));
  if (look.point) {
    const flow = flows(z).find(({ operand }) => operand.kind === "t" && operand.at === j);
    const other = from === null ? null : layer === 0 ? inputName(from) : look.gates[look.a[layer - 1][from]].name;
    const upstream = partial(gate.name);
    if (flow) lines.push(element("p", { class: "formula" }, element("b", {}, partial(name)), ` = ${other ? `${other} × ` : "1 × "}${upstream} = `,
      span("value", short(flow.local)), " × ", span("gradient", inside(look.d[z], true)), " = ", span("gradient", short(flow.local * look.d[z])), span("faint", " (this sample)")));
  }
  if (run.before) lines.push(...lastUpdate(j));
  return lines;
}

// The optimizer's rule with the numbers of the last update.
function lastUpdate(j) {
  const { theta, memory, rate, rule } = run.before;
  const numbers = { w: theta[j], gradient: run.gradient[j], rate, new_w: run.theta[j] };
  rule.memory.forEach(([name], k) => {
    numbers[name] = memory[k][j];
    numbers[`new_${name}`] = run.memory[k][j];
  });
  const roles = { gradient: "gradient", rate: "", w: "value", new_w: "value" };
  const role = (mark) => roles[mark] ?? "memory";
  const words = { gradient: "∇", rate: "η", w: look.parameters[j].name };
  const word = (mark) => (mark.startsWith("new_") ? `${word(mark.slice(4))}′` : words[mark] ?? mark);
  const number = (mark, closed) => span(role(mark), inside(numbers[mark], closed));
  const kept = ["w", ...rule.memory.map(([name]) => name)];
  const rows = kept.map((name, k) => element("p", { class: "formula" }, element("b", {}, word(`new_${name}`)), " = ", ...filled(rule.formulas[k], word),
    " = ", ...filled(rule.formulas[k], number), " = ", span(role(name), short(numbers[`new_${name}`]))));
  return [element("p", { class: "faint" }, `the last update, by ${rule.name}; ∇ is the gradient, η the learning rate`), ...rows.slice(1), rows[0]];
}

function explainNeuron({ layer, neuron }) {
  const [z, a] = [look.z[layer][neuron], look.a[layer][neuron]];
  const lines = [element("h2", {}, `Neuron ${neuron + 1} of ${layer === problem.layers.length - 1 ? "the output" : `layer ${layer + 1}`}`), ...equation(z)];
  if (a !== z) lines.push(...equation(a));
  if (look.point && hasGradient(z)) lines.push(element("p", { class: "formula" }, element("b", {}, partial(look.gates[z].name)), " = ", span("gradient", short(look.d[z]))));
  return lines;
}

function explain() {
  const j = network.hovered ?? (plane.hovered ? null : look.moment === null ? network.chosen : null);
  const lines = j !== null ? explainWeight(j) : plane.hovered?.layer >= 0 ? explainNeuron(plane.hovered) : look.moment !== null ? showGate() : overview();
  find("board").replaceChildren(...lines);
}

function overview() {
  const widths = [problem.inputs, ...problem.layers.map((layer) => layer.weight.length)].join(" → ");
  const count = run.train.length;
  const lines = [element("h2", {}, `${problem.name}: ${widths}, ${problem.theta.length} parameters`),
    element("p", {}, `${problem.loss.replaceAll("_", " ")} loss, ${count} points to learn from${run.held.length ? `, ${run.held.length} (hollow) to validate with` : ""}; `
      + (run.batchSize < count ? `${run.batchSize} points a step.` : "all of them in each step."))];
  if (look.point) {
    const { x, y } = look.point;
    lines.push(element("p", {}, `Point ${run.points.indexOf(look.point) + 1}: x = (${x.map((each) => short(each)).join(", ")}), y = ${short(y[0])}, the network gives `,
      span("value", [run.predict(x)].flat().map((each) => short(each)).join(", ")), ". → steps through it gate by gate."));
  }
  lines.push(element("p", { class: "faint" }, "Point at a weight or a neuron for its formula. Click into the data to add a point, drag one to move it."));
  return lines;
}

// ---------------------------------------------------------------- the table

const table = { layer: 0, rows: [] };

function buildTable() {
  const layers = find("layer");
  layers.replaceChildren(...problem.layers.map((_, l) => element("option", { value: String(l) }, l === problem.layers.length - 1 ? "output layer" : `layer ${l + 1}`)));
  table.layer = Math.min(table.layer, problem.layers.length - 1);
  layers.value = String(table.layer);
  const heads = ["weight", "value", "gradient", ...run.rule.memory.map(([name]) => memoryWords(name))];
  find("heads").replaceChildren(...heads.map((name) => element("th", { scope: "col" }, name)));
  table.rows = look.parameters.map((parameter, j) => ({ ...parameter, j })).filter((each) => each.layer === table.layer)
    .sort((a, b) => a.to - b.to || (a.from ?? Infinity) - (b.from ?? Infinity))
    .map(({ name, j }) => {
      const button = element("button", {}, name);
      const cells = [span("value", ""), span("gradient", ""), ...run.rule.memory.map(() => span("memory", ""))];
      const row = element("tr", {}, element("th", { scope: "row" }, button), ...cells.map((cell) => element("td", {}, cell)));
      const point = (to) => () => { network.hovered = to; refresh(); };
      row.addEventListener("pointerenter", point(j));
      row.addEventListener("pointerleave", point(null));
      button.addEventListener("click", () => { network.chosen = network.chosen === j ? null : j; refresh(); });
      return { j, row, cells };
    });
  find("rows").replaceChildren(...table.rows.map(({ row }) => row));
}

function fillTable() {
  for (const { j, row, cells } of table.rows) {
    const numbers = [run.theta[j], gradientOf(j), ...run.memory.map((memory) => memory[j])];
    numbers.forEach((x, k) => { cells[k].textContent = short(x); });
    row.classList.toggle("chosen", network.chosen === j || network.hovered === j);
  }
}
