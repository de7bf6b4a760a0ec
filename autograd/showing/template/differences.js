// The finite-difference check: the chain rule's gradient held against the output's values alone.
//
// Central differences at steps h, h/2, h/4, ..., extrapolated to step 0 (Ridders 1982; Python's
// check_gradients does the same, in extrapolation.py). The steps begin at the size of the number, or
// of 1 if that is larger, and go down to a trillionth of the number: what is tiny, is judged by its
// own size. It is a judgement with three outcomes, for where rounding is larger than the gradient,
// and at a kink, differences can't tell.

const EPSILON = 2 ** -52;
const SMALLEST = 2 ** -1022;

// The slope at x of the function `f` (null where it has no value), an estimate of its error, and a
// doubt, if there may be no derivative. `rounding` is how far rounding may move f(x).
function extrapolate(f, x, rounding) {
  const middle = f(x);
  const rows = []; // each with its slopes: a plain difference, then better and better ones
  let best = { slope: NaN, error: Infinity, row: 0 };
  const smallest = (Math.abs(x) || 2 ** -20) * 2 ** -40;
  for (let h = Math.max(1, Math.abs(x)) / 4; h > smallest; h /= 2) {
    const [above, below] = [x + h, x - h];
    const [high, low] = [f(above), f(below)];
    if (high === null || low === null || !(above > x && x > below)) continue;
    const half = (above - below) / 2;
    const noise = (rounding + 4 * EPSILON * (Math.abs(low) + Math.abs(high))) / half;
    const before = rows.at(-1);
    const slopes = [(high - low) / (2 * half)];
    const row = { slopes, noise, left: (middle - low) / half, right: (high - middle) / half, value: NaN };
    rows.push(row);
    if (!before) continue;
    let error = Infinity;
    before.slopes.slice(0, 12).forEach((coarser, k) => {
      const factor = 4 ** (k + 1); // the error of column k is as h to the power 2(k + 1)
      slopes.push((factor * slopes[k] - coarser) / (factor - 1));
      const spread = Math.max(Math.abs(slopes[k + 1] - slopes[k]), Math.abs(slopes[k + 1] - coarser), noise);
      if (spread < error) [error, row.value] = [spread, slopes[k + 1]];
    });
    // two rows may agree by chance, not three; and where a finer row contradicts, it is the one that sees
    if (!Number.isNaN(before.value)) error = Math.max(error, Math.abs(row.value - before.value));
    const contradicts = Math.abs(row.value - best.slope) > 4 * (error + best.error);
    if (error < best.error || contradicts) best = { slope: row.value, error, row: rows.length - 1 };
  }
  return { ...best, doubt: rows.length < 3 ? "there are no values on both sides" : kink(rows, best.row) };
}

// The slopes of the two sides differ by h·f'': half as much at half the step, or it is a kink.
function kink(rows, at) {
  const near = rows.slice(Math.max(0, at - 2), at + 3);
  const gap = ({ left, right }) => Math.abs(right - left);
  const stays = (row, k) => k === 0 || gap(row) > Math.max(0.75 * gap(near[k - 1]), 16 * row.noise);
  if (!near.every(stays)) return "";
  const { left, right } = near.at(-1);
  return `a kink or a jump: the slope is ${short(left)} to the left and ${short(right)} to the right`;
}

// "agrees", "differs", or why it can't be told. `size` is that of the terms whose sum the gradient is.
function judge(gradient, { slope, error, doubt }, size) {
  if (!Number.isFinite(gradient)) return "the gradient is not finite";
  if (doubt || Number.isNaN(slope)) return doubt || "the differences do not converge";
  const tolerance = 20 * error + 1e-10 * Math.abs(slope); // the error is but an estimate
  if (Math.abs(slope - gradient) > tolerance) return "differs";
  const known = slope === gradient || tolerance <= 1e-3 * Math.max(size, Math.abs(slope));
  return known ? "agrees" : `rounding leaves the differences uncertain by ±${short(tolerance)}`;
}

function differenceCheck(line, k) {
  if (computation.fixed) return line("No finite-difference check: ", computation.fixed, ".");
  pass.checks ??= new Map(); // of the nodes that were chosen already
  if (!pass.checks.has(k)) pass.checks.set(k, compare(k));
  const { slope, verdict } = pass.checks.get(k);
  const [f, x] = [output, k].map((node) => inFormula(nodes[node].name));
  const told = verdict === "agrees" ? "agrees ✓" : verdict === "differs" ? "differs ✗" : `can't tell: ${verdict}`;
  const role = { agrees: "right", differs: "wrong" }[verdict] ?? "open";
  const number = Number.isNaN(slope) ? "?" : short(slope);
  line(`Finite differences: (${f}(${x} + h) - ${f}(${x} - h)) / 2h → ${number}, `, span(`verdict ${role}`, told));
}

function compare(k) {
  const f = (x) => {
    const number = forward(k, x).data[output];
    return Number.isFinite(number) ? number : null;
  };
  const x = pass.data[k];
  if (!Number.isFinite(x) || f(x) === null) return { slope: NaN, verdict: "a number here is not finite" };
  const passedOn = pass.contributions.filter((each) => each.k > k); // by what is computed after k
  const size = (number) => Math.max(Math.abs(number), SMALLEST); // below it a float loses its digits
  const moved = passedOn.map(({ amount, operand }) => Math.abs(amount) * size(pass.data[operand]));
  const rounding = 4 * EPSILON * moved.reduce((sum, each) => sum + each, size(pass.data[output]));
  const estimate = extrapolate(f, x, rounding);
  const terms = pass.arriving[k].reduce((sum, { amount }) => sum + Math.abs(amount), 0);
  const verdict = judge(pass.gradient[k], estimate, k === output ? 1 : terms);
  return { slope: estimate.doubt ? NaN : estimate.slope, verdict };
}
