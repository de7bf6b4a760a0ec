// Names and formulas as text, and elements made of them: text stays text.

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

const ordinal = (n) => `${n}${["th", "st", "nd", "rd"][n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] ?? "th"}`;

// A local derivative: ∂(q·z)/∂q, ∂(q·q)/∂(1st q), or ∂q/∂x where there is no formula to tell. Never does the output
// stand above the line: that is how a gradient is written.
function localName(k, place) {
  const { name, op, expression, formulas, operands } = nodes[k];
  const written = withNames(expression);
  const isCall = /^[\p{L}\p{N}_]+\([^()]*\)$/u.test(written);
  const isShort = written.length <= 24;
  const hasFormula = Number.isNaN(Number(formulas[place] || 1));
  const gate = isCall ? written : inFormula(written);
  const above = k === output ? (isShort ? gate : `${op}(…)`) : isShort && hasFormula ? gate : inFormula(name);
  const uses = operands.flatMap((operand, j) => (operand === operands[place] ? [j] : []));
  const below = inFormula(nodes[operands[place]].name);
  return `∂${above}/∂${uses.length === 1 ? below : `(${ordinal(uses.indexOf(place) + 1)} ${below})`}`;
}

// An element with attributes and children; text stays text.
function make(tag, attributes = {}, ...children) {
  const isSvg = ["svg", "g", "path", "polygon", "rect", "circle", "text", "tspan", "title"].includes(tag);
  const element = isSvg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, content] of Object.entries(attributes)) element.setAttribute(name, content);
  element.append(...children);
  return element;
}
const span = (role, text) => make("span", { class: role }, text);
// A number with its four digits; all of them where the pointer rests on it.
const digits = (role, x) => make("span", { class: role, title: exact(x) }, short(x));

// A name that may go on in the next line only between its parts: layers.|0.|weight|[1].
const breakable = (name) => name.split(/(?<=[._])|(?=\[)/u).flatMap((part) => [part, make("wbr")]);
