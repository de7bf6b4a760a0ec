// The output against one node, all else as it is, with its tangent: the gradient as a slope.

const PLOT = { width: 340, height: 150, points: 121 };
let plotted = { k: -1 }; // from where to where; it stays while a leaf is dragged

function plotRange(k) {
  const x = pass.data[k];
  const half = Math.max(Math.abs(x) * 1.5, 1e-6) || 1;
  const isInside = plotted.k === k && Math.abs(x - plotted.middle) < 0.8 * plotted.half;
  if (!isInside) plotted = { k, middle: x, half: x === 0 ? 2 : half };
  return [plotted.middle - plotted.half, plotted.middle + plotted.half];
}

function plot(k) {
  const [x, y] = [pass.data[k], pass.data[output]];
  if (computation.fixed || k === output || !Number.isFinite(x) || !Number.isFinite(y)) return null;
  const [left, right] = plotRange(k);
  const f = (at) => forward(k, at).data[output] ?? NaN;
  const points = Array.from({ length: PLOT.points }, (_, j) => {
    const at = left + ((right - left) * j) / (PLOT.points - 1);
    return [at, f(at)];
  });
  const [bottom, top] = heights([...points.map((point) => point[1]), y], y);
  const across = (at) => ((at - left) / (right - left)) * PLOT.width;
  const down = (at) => Math.max(-1e4, Math.min(1e4, ((top - at) / (top - bottom)) * PLOT.height));
  const side = (height) => (height > top) - (height < bottom);
  const curve = points.map(([at, height], j) => {
    if (!Number.isFinite(height)) return "";
    const before = j ? points[j - 1][1] : NaN;
    const joins = Number.isFinite(before) && side(before) * side(height) >= 0; // not across a pole
    return `${joins ? "L" : "M"}${across(at).toFixed(1)} ${down(height).toFixed(1)}`;
  });
  const slope = pass.gradient[k];
  const names = [output, k].map((node) => nodes[node].name);
  const text = (at, height, anchor, content) =>
    make("text", { x: at, y: height, "text-anchor": anchor }, content);
  const picture = make("svg", {
    class: "plot", viewBox: `0 0 ${PLOT.width} ${PLOT.height}`, role: "img",
    "aria-label": `${names[0]} against ${names[1]}, with the tangent of slope ${short(slope)}`,
  });
  picture.append(make("path", { class: "curve", d: curve.join("") }));
  if (Number.isFinite(slope)) {
    const line = (at) => `${across(at)} ${((top - y - slope * (at - x)) / (top - bottom)) * PLOT.height}`;
    picture.append(make("path", { class: "tangent", d: `M${line(left)}L${line(right)}` }));
  }
  picture.append(
    make("circle", { cx: across(x), cy: down(y), r: 4.5 }),
    text(4, 12, "start", short(top)), text(4, PLOT.height - 18, "start", short(bottom)),
    text(4, PLOT.height - 4, "start", short(left)), text(PLOT.width - 4, PLOT.height - 4, "end", short(right)),
    text(PLOT.width / 2, PLOT.height - 4, "middle", cut(names[1], 24)), text(PLOT.width / 2, 12, "middle", cut(names[0], 24)),
  );
  return picture;
}

// From where to where the curve reaches, without the few points near a pole.
function heights(all, y) {
  const sorted = all.filter(Number.isFinite).sort((a, b) => a - b);
  const share = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const [low, high] = [Math.min(share(0.04), y), Math.max(share(0.96), y)];
  const margin = 0.2 * (high - low) || Math.abs(y) * 1e-3 || 1;
  return [low - margin, high + margin];
}
