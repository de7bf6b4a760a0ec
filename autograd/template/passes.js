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
    ? locals[node.rule](...node.operands.map((operand) => data[operand]), data[k])
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
  for (let done = 0; done < gates.length; done++) {
    const k = gates[gates.length - 1 - done];
    const step = gates.length + 2 + done;
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

const lastStep = () => (pass.failed === undefined ? steps : turns[pass.failed] + 1);
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
  const value = nodes.map((node, k) => {
    const known = !node.op || (turns[k] < step && k !== pass.failed);
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
