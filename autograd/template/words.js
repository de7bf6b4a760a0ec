// Numbers, names and formulas as text, and elements made of them: text stays text.

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
