// Numbers and names as text.

const find = (id) => document.getElementById(id);

// A number with four digits at most.
function short(x, digits = 4) {
  if (x === null || x === undefined) return "–";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  if (x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e7)) return x.toExponential(digits - 1).replace(/\.?0+e/, "e");
  return String(Math.abs(x) >= 10 ** digits ? Math.round(x) : Number(x.toPrecision(digits)));
}

const small = (digits, signs) => String(digits).replace(/\d/g, (digit) => signs[digit]);
const low = (k) => small(k, "₀₁₂₃₄₅₆₇₈₉");
const high = (k) => `⁽${small(k, "⁰¹²³⁴⁵⁶⁷⁸⁹")}⁾`;

// The layers count from 1, as their neurons and weights do.
const neuronName = (letter, layer, k) => `${letter}${high(layer + 1)}${low(k + 1)}`;
const inputName = (k) => `x${low(k + 1)}`;

// Every parameter's name and place, by its index in theta.
function namesOfParameters(problem) {
  const found = [];
  problem.layers.forEach((layer, number) => {
    layer.weight.forEach((row, k) => row.forEach((j, i) => {
      const comma = k > 8 || i > 8 ? "," : "";
      found[j] = { name: `w${high(number + 1)}${low(k + 1)}${comma}${low(i + 1)}`, layer: number, to: k, from: i };
    }));
    layer.bias.forEach((j, k) => {
      if (j !== null) found[j] = { name: neuronName("b", number, k), layer: number, to: k, from: null };
    });
  });
  return found;
}

// An element with text or other elements inside; text stays text.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const span = (kind, text) => element("span", { class: kind }, text);

// A number for a small place: six characters at most.
function brief(x) {
  if (x === null || !Number.isFinite(x)) return short(x);
  const size = Math.abs(x);
  if (size >= 1e4 || (size < 5e-4 && size > 0)) return x.toExponential(0).replace("e+", "e");
  return String(Number(x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)));
}

// A formula's marks, Ξv3Ξ, replaced: `write` gives text or an element for each, and is told
// whether a negative number needs parentheses there.
function filled(formula, write) {
  const pieces = formula.split(/Ξ(.+?)Ξ/);
  return pieces.map((piece, k) => {
    if (k % 2 === 0) return piece;
    const free = /(^|\()$/.test(pieces[k - 1]) && !/^[²³^]/.test(pieces[k + 1]);
    return write(piece, !free);
  });
}

const inside = (x, parentheses) => (x < 0 && parentheses ? `(${short(x)})` : short(x));
