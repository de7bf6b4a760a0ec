// Numbers to text and back, as Python and the pictures write them.

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

// All digits, as Python writes them.
const exact = (x) => (Number.isFinite(x) ? String(x) : short(x));

// The number that a reader typed, undefined if it is none: 0.5, 0,5, 1e-3, -3/2, inf, nan. A comma
// is a decimal comma; where it may as well group thousands, the text is no number.
function typed(text) {
  const plain = text.trim().replace("−", "-").toLowerCase();
  const [, top, bottom] = plain.match(/^([^/]+)\/([^/]+)$/) || [];
  if (top) {
    const quotient = typed(bottom) === 0 ? NaN : typed(top) / typed(bottom);
    return Number.isNaN(quotient) ? undefined : quotient;
  }
  if (/^[-+]?nan$/.test(plain)) return NaN;
  if (/^[-+]?inf(inity)?$/.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  if (!/^[-+]?(\d+\.?|\d*[.,]\d+)(e[-+]?\d+)?$/.test(plain) || groupsThousands(plain)) return undefined;
  return Number(plain.replace(",", "."));
}

const groupsThousands = (text) => /^[-+−]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(text.trim());

// What to say of a text that `typed` refuses.
function refusal(text) {
  const way = groupsThousands(text) ? `: write ${text.trim().replaceAll(",", "")}` : "";
  return `"${text}" is no number${way}.`;
}
