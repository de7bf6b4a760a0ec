// The gates' values on numbers, as numeric.py has them: overflow is Infinity, NaN in gives NaN
// out, and where Python raises an error, so does this. javascript.py finds a gate's value by its
// name in `values`, one gate a line. All partials (`locals`) are printed from the one table of
// gates. Some of them use gates made for it (power_slope, sech2): those are rows of that table with
// partials of their own, and what stands here is their values, as for every gate.

class DomainError extends Error {}

function domain(reason) {
  throw new DomainError(reason);
}

// `compute`, with an error where it has no real value, and at a pole if it has one.
function real(compute, reason, pole = false) {
  return (...xs) => {
    const result = compute(...xs);
    const lost = Number.isNaN(result) && !xs.some(Number.isNaN);
    const blown = pole && !Number.isFinite(result) && xs.every(Number.isFinite);
    return lost || blown ? domain(reason) : result;
  };
}

const wholePower = "a negative number has only integer powers";
const positive = "the logarithm needs a number above 0";
const angle = "an infinite angle has no sine, cosine or tangent";

const values = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => (y === 0 ? domain("division by zero") : x / y),
  mod: (x, y) => (y === 0 ? domain("remainder of a division by zero") : floorMod(x, y)),
  quotient: (x, y) => (y === 0 ? domain("quotient of a division by zero") : floorQuotient(x, y)),
  neg: (x) => -x,
  pow: (x, y) => power(x, y),
  power_slope: (x, y) => powerSlope(x, y),
  power_log: (x, y) => (x > 0 ? power(x, y) * Math.log(x) : x === 0 && y >= 0 ? 0 : NaN),
  power_derivative: (k, m, x, y) => powerDerivative(k, m, x, y),
  abs: Math.abs,
  identity: (x) => x,
  exp: Math.exp,
  exp2: (x) => Math.pow(2, x),
  expm1: Math.expm1,
  log: real(Math.log, positive, true),
  log2: real(Math.log2, positive, true),
  log10: real(Math.log10, positive, true),
  log1p: real(Math.log1p, "log1p needs a number above -1", true),
  sqrt: real(Math.sqrt, "a negative number has no real square root"),
  rsqrt: real((x) => 1 / Math.sqrt(x + 0), "a negative number has no real square root"),
  cbrt: Math.cbrt,
  cbrt_derivative: (k, x) => cbrtDerivative(k, x),
  hypot: Math.hypot,
  unit: (x, y) => (x === 0 ? (Number.isNaN(y) ? y : 0) : x / Math.hypot(x, y)),
  inversion: (x, y) => inversion(x, y),
  sin: real(Math.sin, angle),
  cos: real(Math.cos, angle),
  tan: real(Math.tan, angle),
  asin: real(Math.asin, "needs a number from -1 to 1"),
  acos: real(Math.acos, "needs a number from -1 to 1"),
  one_less_square: (x) => (x * x < 0.5 ? 1 - x * x : (1 - x) * (1 + x)),
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  sech2: (x) => sech2(x),
  asinh: Math.asinh,
  acosh: real(Math.acosh, "needs a number from 1 upwards"),
  atanh: real(Math.atanh, "needs a number between -1 and 1", true),
  erf: (x) => (Math.abs(x) < 2.5 ? erfSeries(x) : x > 0 ? 1 - erfcFraction(x) : erfcFraction(-x) - 1),
  erfc: (x) => (Math.abs(x) < 2.5 ? 1 - erfSeries(x) : x > 0 ? erfcFraction(x) : 2 - erfcFraction(-x)),
  gaussian: (x, scale) => scale * Math.exp(-x * x),
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x * 0),
  step: (x) => (x > 0 ? 1 : x <= 0 ? 0 : NaN),
  floor: Math.floor,
  ceil: Math.ceil,
  where: (condition, a, b) => (Number.isNaN(condition) ? NaN : condition ? a : b),
  branch: (condition, taken, expected) => branch(condition, taken, expected),
  relu: (x) => (x > 0 || Number.isNaN(x) ? x : 0),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  elu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
  softplus: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  sigmoid_slope: (x) => sech2(x / 2) / 4,
  maximum: (...xs) => Math.max(...xs),
  minimum: (...xs) => Math.min(...xs),
  sum: (...xs) => exactSum(xs),
  dot: (...xs) => exactSum([...products(xs), xs[xs.length - 1]]),
  logsumexp: (...xs) => logSumExp(xs),
  softmax: (index, ...xs) => softmaxes(xs)[classIndex(index, xs)],
  rest: (index, ...xs) => rests(xs)[classIndex(index, xs)],
  log_softmax: (index, ...xs) => logSoftmax(classIndex(index, xs), xs),
  cross_entropy: (index, ...xs) => -logSoftmax(classIndex(index, xs), xs),
  soft_cross_entropy: (...xs) => softCrossEntropy(xs),
  take: (index, ...xs) => xs[classIndex(index, xs, "an index")],
};

const locals = {};

function power(x, y) {
  if (x === 0 && y < 0 && y !== -Infinity) domain("0 has no negative power");
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  const result = Math.pow(x, y);
  const lost = Number.isNaN(result) && !Number.isNaN(x) && !Number.isNaN(y);
  return lost ? domain(wholePower) : result;
}

// Whether x ** y has derivatives by x: Python's powers of -Infinity are those of +Infinity.
const isReal = (x, y) => !(x < 0 && x > -Infinity && Number.isFinite(y) && y % 1 !== 0);

// The sign of x ** (y - k). It is y that tells, for y - k rounds where y is huge.
const signOfPower = (x, y, k) => (x < 0 && Math.abs((y % 2) + k) % 2 === 1 ? -1 : 1);

function powerSlope(x, y) {
  if (y === 0) return 0;
  if (x === 0) return y === 1 || Number.isNaN(y) ? y : y < 1 ? y * Infinity : 0;
  if (!isReal(x, y)) domain(wholePower);
  return y * power(Math.abs(x), y - 1) * signOfPower(x, y, 1);
}

function floorMod(x, y) {
  const remainder = x % y;
  if (remainder === 0) return y < 0 ? -0 : 0;
  return remainder < 0 === y < 0 ? remainder : remainder + y;
}

// Rounded, for the division of a whole multiple of y may miss by a bit.
function floorQuotient(x, y) {
  const quotient = (x - floorMod(x, y)) / y;
  return Math.abs(quotient) < 2 ** 52 ? Math.round(quotient) : quotient;
}

// The cube root, differentiated k times; at 0 the even derivatives are inf on one side only.
function cbrtDerivative(times, x) {
  const k = Math.trunc(times);
  let falling = 1;
  for (let j = 0; j < k; j++) falling *= 1 - 3 * j;
  if (x === 0 && k > 0) return k % 2 ? falling * Infinity : NaN;
  let result = (Math.cbrt(x) * falling) / 3 ** k;
  for (let j = 0; j < k; j++) result /= x;
  return result;
}

// x over x² + y², without leaving the range of floats on the way.
function inversion(x, y) {
  const size = Math.max(Math.abs(x), Math.abs(y));
  if (size === Infinity) return 0;
  return x / size / ((x / size) ** 2 + (y / size) ** 2) / size;
}

function branch(condition, taken, expected) {
  const changed = (condition !== 0) !== (expected !== 0);
  return changed ? domain("the condition changed, and the other branch was never built") : taken;
}

// x ** y, differentiated k times by x and m times by y: a polynomial times x ** (y - k).
function powerDerivative(k, m, x, y) {
  if (!isReal(x, y)) return domain(wholePower);
  if (x <= 0 && m) return x === 0 ? 0 : NaN;
  const polynomial = (k, m, y) =>
    m < 0 ? 0
      : k === 0 ? Math.pow(Math.log(x), m)
      : y * polynomial(k - 1, m, y - 1) + m * polynomial(k - 1, m - 1, y - 1);
  const factor = polynomial(k, m, y);
  return factor === 0 ? 0 : factor * Math.pow(Math.abs(x), y - k) * signOfPower(x, y, k);
}

function sech2(x) {
  if (Math.abs(x) < 0.35) return 1 - Math.tanh(x) ** 2;
  const e = Math.exp(-2 * Math.abs(x));
  return (4 * e) / (1 + e) / (1 + e);
}

// erf near 0: 2/√π·exp(-x²)·Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!
function erfSeries(x) {
  let term = x;
  let total = x;
  for (let n = 1; n < 80; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

// erfc far from 0: exp(-x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + ...)))
function erfcFraction(x) {
  let fraction = x;
  for (let n = 150; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

// Rounded once, as Python's math.fsum: `parts` hold the sum so far exactly (Shewchuk 1997).
function exactSum(xs) {
  const plain = xs.reduce((total, x) => total + x, 0);
  if (!Number.isFinite(plain)) return plain;
  let parts = [];
  for (let x of xs) {
    const kept = [];
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) kept.push(low);
      x = high;
    }
    parts = [...kept, x];
  }
  return parts.reduceRight((total, part) => total + part, 0);
}

function products(xs) {
  const n = (xs.length - 1) / 2;
  return xs.slice(0, n).map((w, k) => w * xs[n + k]);
}

function exponentials(xs) {
  const top = Math.max(...xs);
  const limit = (x) => (x === top ? 1 : top === Infinity && !Number.isNaN(x) ? 0 : NaN);
  return [top, xs.map((x) => (Number.isFinite(top) ? Math.exp(x - top) : limit(x)))];
}

const without = (xs, k) => [...xs.slice(0, k), ...xs.slice(k + 1)];

function logSumExp(xs) {
  const [top, powers] = exponentials(xs);
  return Number.isFinite(top) ? top + Math.log1p(exactSum(without(powers, powers.indexOf(1)))) : top;
}

function softmaxes(xs) {
  const [, powers] = exponentials(xs);
  return powers.map((power) => power / exactSum(powers));
}

function rests(xs) {
  const [, powers] = exponentials(xs);
  return powers.map((power, k) => exactSum(without(powers, k)) / exactSum(powers));
}

function logSoftmax(k, xs) {
  const [top, powers] = exponentials(xs);
  if (xs[k] === top) return -Math.log1p(exactSum(without(powers, k)));
  return xs[k] - top - Math.log(exactSum(powers));
}

function softCrossEntropy(xs) {
  const n = xs.length / 2;
  const terms = xs.slice(0, n).map((p, k) => (p === 0 ? 0 : -p * logSoftmax(k, xs.slice(n))));
  return exactSum(terms);
}

function classIndex(index, xs, name = "a class index") {
  const valid = Number.isInteger(index) && index >= 0 && index < xs.length;
  return valid ? index : domain(`${name} must be an integer from 0 to ${xs.length - 1}`);
}
