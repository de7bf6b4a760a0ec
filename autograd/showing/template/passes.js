// The graph and its two passes. What is shown at step k is a function of k alone, so that stepping
// back, jumping and playing can't disagree: a pass is computed once for each state of the leaves
// (`run`), and `moment(k)` says how much of it has happened by step k.

const computation = JSON.parse(document.getElementById("computation").textContent);
const nodes = computation.nodes.map((node) => ({ ...node, data: Number(node.data) }));
const gates = nodes.map((node, k) => k).filter((k) => nodes[k].op);
const turns = nodes.map(() => -1); // which of the gates a node is
gates.forEach((k, turn) => (turns[k] = turn));
const output = nodes.length - 1;
const steps = 2 * gates.length + 1; // each gate forward, the output's own gradient, each gate back
const find = (id) => document.getElementById(id);

// ---------------------------------------------------------------- the two passes

const python = nodes.map((node) => node.data); // the leaves as they were in Python
let leaves = [...python];
let pass;

function evaluate(k, data) {
  const node = nodes[k];
  try {
    return values[node.value](...node.operands.map((operand) => data[operand]));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const operands = node.operands.map((operand) => {
      const number = exact(data[operand]);
      return nodes[operand].constant ? number : `${nodes[operand].name} = ${number}`;
    });
    throw new DomainError(`${node.op}(${operands.join(", ")}): ${error.message}`);
  }
}

// Every node's value; null where there is none, and then `missing` says why, in words or, if it is
// for an operand that has none, in no words. A node can be pinned to a number: the
// finite-difference check asks what the output does then.
function forward(pinned = -1, number = 0) {
  const data = [...leaves];
  const missing = new Map();
  const edited = pinned >= 0 || leaves.some((x, k) => !Object.is(x, python[k]));
  if (pinned >= 0) data[pinned] = number;
  if (!edited) return { data, edited, missing };
  for (const k of gates) {
    if (k === pinned) continue;
    try {
      const lost = nodes[k].operands.some((operand) => missing.has(operand));
      data[k] = lost ? domain("") : evaluate(k, data);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      data[k] = null;
      missing.set(k, error.message);
    }
  }
  return { data, edited, missing };
}

function computedLocals(k, data) {
  try {
    return locals[nodes[k].rule](...nodes[k].operands.map((operand) => data[operand]), data[k]);
  } catch (error) {
    if (error instanceof DomainError) error.message = `${nodes[k].name}: ${error.message}`;
    throw error;
  }
}

// For each operand a number; null where it is flat: nothing flows, not even 0 × infinity; undefined
// where the operand takes no part at all.
function localDerivatives(k, { data, edited }) {
  const node = nodes[k];
  const numbers = edited ? computedLocals(k, data) : node.locals.map((local) => (local === null ? null : Number(local)));
  return numbers.map((local, place) => {
    const part = node.flows[place] && !(local === null && node.selects);
    return part ? local : undefined;
  });
}

// The chain rule: each node passes local × upstream on to its operands, the output first.
function backward(values) {
  const contributions = [];
  const arriving = nodes.map(() => []);
  const gradient = nodes.map(() => 0);
  gradient[output] = 1;
  for (let done = 0; done < gates.length; done++) {
    const k = gates[gates.length - 1 - done];
    const step = gates.length + 2 + done;
    if (k !== output && !arriving[k].length) continue; // nothing flows through here
    const upstream = gradient[k];
    const silent = k !== output && arriving[k].every((each) => each.nothing);
    localDerivatives(k, values).forEach((local, place) => {
      if (local === undefined) return;
      const operand = nodes[k].operands[place];
      const nothing = silent || local === null;
      const amount = nothing ? 0 : local * upstream;
      const before = arriving[operand].length ? gradient[operand] : null;
      const sum = (before ?? 0) + amount;
      gradient[operand] = sum;
      const contribution = { step, k, place, operand, local: local ?? 0, upstream, amount, before, sum, nothing };
      contributions.push(contribution);
      arriving[operand].push(contribution);
    });
  }
  return { contributions, arriving, gradient };
}

function run() {
  const result = passes();
  return { ...result, born: births(result) };
}

// Both passes; if one can't be finished, `problem` says why, and there are no gradients.
function passes() {
  const values = forward();
  const stopped = (problem) => ({ ...values, problem, contributions: [], arriving: nodes.map(() => []) });
  if (values.missing.size) return stopped(`No value: ${[...values.missing.values()].filter(Boolean).join("; ")}`);
  try {
    return { ...values, ...backward(values) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return stopped(`No gradient: ${error.message}`);
  }
}

const lastStep = () => (pass.problem ? gates.length : steps);
const isBackward = (step) => step > gates.length;
const seed = gates.length + 1;
const activeNode = (step) =>
  step === 0 ? -1
  : step < seed ? gates[step - 1]
  : step === seed ? output
  : gates[gates.length - 1 - (step - seed - 1)];
const backwardStep = (k) => seed + gates.length - turns[k]; // the turn of gate k

// What is known by a step: values, and gradients as far as they have been summed up.
function moment(step) {
  const value = pass.data.map((number, k) => (turns[k] < step ? number : null)); // a leaf's turn is -1
  const gradient = nodes.map((node, k) => {
    if (node.constant || !isBackward(step)) return null;
    if (k === output) return 1;
    const arrived = pass.arriving[k].filter((each) => each.step <= step);
    if (arrived.length) return arrived[arrived.length - 1].sum;
    // nothing will come any more: the gradient is 0
    return step === steps || (node.op && backwardStep(k) <= step && !pass.arriving[k].length) ? 0 : null;
  });
  const flowing = pass.contributions.filter((each) => each.step === step);
  return { step, value, gradient, flowing, active: activeNode(step) };
}
