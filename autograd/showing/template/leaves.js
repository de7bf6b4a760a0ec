// The leaves' numbers change: typed, dragged, or moved a step downhill; the page computes again.

const isLeaf = (k) => !nodes[k].op && !nodes[k].constant;

function edit(k, input) {
  const x = typed(input.value);
  input.setAttribute("aria-invalid", String(x === undefined));
  if (x === undefined) return complain(`${nodes[k].name}: ${refusal(input.value)}`);
  set(k, x);
}

function set(k, x) {
  leaves[k] = x;
  recompute();
}

function reset() {
  leaves = [...python];
  recompute();
}

// Gradient descent, one step: every leaf by -η times its gradient.
function downhill() {
  if (computation.fixed) return;
  const rate = typed(find("rate").value);
  if (!Number.isFinite(rate)) return complain(`η: ${refusal(find("rate").value)}`);
  if (pass.problem) return complain(pass.problem);
  const lost = nodes.findIndex((node, k) => isLeaf(k) && !Number.isFinite(pass.gradient[k]));
  if (lost >= 0) return complain(`No step: the gradient of ${nodes[lost].name} is ${short(pass.gradient[lost])}.`);
  const before = pass.data[output];
  leaves = leaves.map((x, k) => (isLeaf(k) ? x - rate * pass.gradient[k] : x));
  recompute();
  find("note").textContent = `${nodes[output].name}: ${short(before)} → ${short(pass.data[output])}`;
}

function recompute() {
  const wasAtEnd = step === lastStep();
  pass = run();
  quiz.solved.clear();
  for (const [k, { input }] of rows) {
    if (!input) continue;
    input.value = document.activeElement === input ? exact(leaves[k]) : short(leaves[k]);
    input.title = exact(leaves[k]);
    size(input);
    input.removeAttribute("aria-invalid");
  }
  complain(pass.problem ?? "");
  find("scrubber").max = String(lastStep());
  step = wasAtEnd ? lastStep() : Math.min(step, lastStep());
  verdict("");
  update();
}

function complain(text) {
  find("error").textContent = text;
  find("error").hidden = !text;
}

// ---------------------------------------------------------------- a leaf that is dragged

let dragged = null; // the leaf under the pointer, its number then, and how much a pixel is

function grab(event) {
  const node = event.target.closest(".node.leaf");
  if (!node || computation.fixed || pointers.size) return;
  const k = Number(node.id.replace("node-", ""));
  const from = Number.isFinite(leaves[k]) ? leaves[k] : 0;
  const unit = 10 ** Math.floor(Math.log10(Math.max(Math.abs(from) || 1, 0.1))) / 100;
  dragged = { k, from, unit, x: event.clientX, y: event.clientY };
}

// To the right and up the number grows.
function drag(event) {
  const { k, from, unit, x, y } = dragged;
  const moved = Math.round(event.clientX - x - (event.clientY - y));
  if (chosen !== k) {
    chosen = k;
    roveTo(k, false);
  }
  set(k, Number((from + moved * unit).toPrecision(12)));
}
