// The panels beside the picture: this step in words, the chosen node, the table of nodes.

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
    if (pass.missing.has(active)) {
      paragraph("There is no such value", pass.missing.get(active) ? "." : ", for an operand has none.");
    } else {
      const hidden = hides(step, "value", active);
      paragraph(`= ${withNumbers(node.expression)} = `, span("value", hidden ? "?" : short(pass.data[active])));
      if (pass.born.value[active] && !hidden) paragraph("nan begins here: no operand is nan.");
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
    for (const operand of new Set(now.flowing.map((each) => each.operand)))
      if (birthMark(operand, now)) paragraph(`${nodes[operand].name}: ${birthMark(operand, now)}.`);
    if (step === steps) paragraph("All gradients are computed.");
  }
  find("board").replaceChildren(...parts);
}

function contributionLines({ step, k, place, operand, local, upstream, amount, before, sum }) {
  const hidden = (kind, which = place) => hides(step, kind, which);
  const formula = withNames(nodes[k].formulas[place]);
  const number = short(local);
  const first = make("p", {}, `${localName(k, place)} = `);
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
  if (chosen >= 0 && collapsed.has(nodes[chosen].frame)) toggleFrame(nodes[chosen].frame);
  if (chosen >= 0) roveTo(chosen, false);
  update();
  if (chosen >= 0) find("details").scrollIntoView({ block: "nearest", behavior: stillness.matches ? "auto" : "smooth" });
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

function details(now) {
  const card = find("details");
  card.hidden = chosen < 0;
  if (chosen < 0) return card.replaceChildren();
  const node = nodes[chosen];
  const parts = [make("h2", {}, node.name, ...(node.op ? [` = ${withNames(node.expression)}`] : [" (leaf)"]))];
  const line = (...children) => parts.push(make("p", {}, ...children));
  const value = now.value[chosen];
  line("value ", hides(now.step, "value", chosen) ? "?" : digits("value", value));
  if (pass.problem) line("No gradient: the computation can't be finished.");
  else if (quiz.on && stillHidden(now)) line("The quiz hides the rest until this gradient is known.");
  else {
    chainRule(line, parts);
    const picture = plot(chosen);
    if (picture) parts.push(picture);
  }
  // a screen reader speaks of all that is replaced: so only what is new
  if (card.textContent !== parts.map((part) => part.textContent).join("")) card.replaceChildren(...parts);
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
    const local = (k, place) => (k === output ? localName(k, place) : partialName(k, chosen));
    const terms = arriving.map(({ k, place }) => `${gradientName(k)}·${local(k, place)}`);
    const numbers = arriving.map(({ local, upstream }) => `${signed(short(upstream))}·${signed(short(local))}`);
    const shown = 8;
    line("Chain rule, a term for each use of this node:");
    line(`${gradientName(chosen)} = `, terms.slice(0, shown).join(" + "), arriving.length > shown ? " + …" : "");
    line("= ", numbers.slice(0, shown).join(" + "), arriving.length > shown ? ` + ${arriving.length - shown} more` : "");
    line("= ", digits("gradient", total));
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
  differenceCheck(line, chosen);
}

// ---------------------------------------------------------------- the table, and editing leaves

const rows = new Map();

function buildTable() {
  nodes.forEach((node, k) => {
    if (node.constant) return;
    const name = make("button", { type: "button", title: node.name }, ...breakable(cut(node.name, 40)));
    name.addEventListener("click", () => choose(k));
    const value = make("td", { class: "value" });
    const gradient = make("td", { class: "gradient" });
    let input = null;
    if (!node.op) {
      input = make("input", { "aria-label": `value of ${node.name}`, inputmode: "text", autocomplete: "off" });
      input.id = `leaf-${k}`;
      input.disabled = Boolean(computation.fixed);
      input.addEventListener("change", () => edit(k, input));
      input.addEventListener("input", () => size(input));
      input.addEventListener("focus", () => {
        if (input.ariaInvalid !== "true") digitsOf(input, exact(leaves[k]));
        input.select();
      });
      input.addEventListener("blur", () => input.ariaInvalid !== "true" && digitsOf(input, short(leaves[k])));
      value.append(input);
    }
    const row = make("tr", {}, make("td", {}, name), value, gradient);
    rows.set(k, { row, value, gradient, input });
    find("table").append(row);
  });
  const editing = computation.fixed
    ? `Leaves can't be edited: ${computation.fixed}.`
    : "Type a leaf's value, or drag it in the picture.";
  find("note").textContent = [editing, ...computation.hints].join(" ");
}

function paintTable(now) {
  for (const [k, { row, value, gradient, input }] of rows) {
    if (!input) show(hides(now.step, "value", k) ? "?" : short(now.value[k]), value);
    show(hides(now.step, "gradient", k) ? "?" : short(now.gradient[k]), gradient);
    gradient.classList.toggle("faint", now.gradient[k] === null);
    row.classList.toggle("active", k === now.active);
    row.classList.toggle("chosen", k === chosen);
  }
  able("reset", pass.edited);
  for (const id of ["downhill", "rate"]) find(id).disabled = Boolean(computation.fixed);
}

// The active gate's row is brought into sight, in the table's own box: the page itself stays.
function followInTable(k) {
  const box = find("rows");
  const row = rows.get(k)?.row;
  if (!row || row.hidden) return;
  const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  const heading = box.querySelector("thead").offsetHeight;
  if (inner.top < outer.top + heading) box.scrollTop -= outer.top + heading - inner.top;
  else if (inner.bottom > outer.bottom) box.scrollTop += inner.bottom - outer.bottom;
}

// Only the nodes whose name has the text that was typed; Enter chooses the first.
function search(event) {
  const text = find("search").value.trim().toLowerCase();
  const found = [...rows.keys()].filter((k) => nodes[k].name.toLowerCase().includes(text));
  for (const [k, { row }] of rows) row.hidden = !found.includes(k);
  find("found").textContent = text ? `${found.length} of ${rows.size}` : "";
  if (event.key === "Enter" && text && found.length && chosen !== found[0]) choose(found[0]);
}

function digitsOf(input, text) {
  input.value = text;
  size(input);
}

// All digits of a number are seen, also while it is typed.
function size(input) {
  const { length } = input.value;
  input.classList.toggle("long", length > 14);
  input.style.width = `calc(${Math.max(6, length)}ch + ${length > 14 ? 12 : 20}px)`;
}
