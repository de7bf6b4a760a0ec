// The data, and what the network makes of them: regions for two inputs, a curve for one.

const canvas = find("plane");
const pen = canvas.getContext("2d");
const tile = document.createElement("canvas"); // the regions, a few pixels wide

const plane = { box: null, width: 0, height: 0, newLabel: 0, hovered: null, dragged: null };
const MARGIN = { left: 34, right: 10, top: 10, bottom: 24 };

const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
let colors = {};

function readColors() {
  const channels = (name) => ink(name).match(/\w\w/g).map((each) => parseInt(each, 16));
  colors = { paper: channels("paper"), classes: [0, 1, 2, 3, 4, 5].map((k) => channels(`class${k}`)) };
  for (const name of ["ink", "faint", "line", "value", "gradient", "memory", "chosen"]) colors[name] = ink(name);
}

const css = ([r, g, b]) => `rgb(${r}, ${g}, ${b})`;

// What the axes span: the points, and some room.
function fitPlane() {
  const range = (numbers, room) => {
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const more = (most - least || 2) * room;
    return [least - more, most + more];
  };
  const xs = run.points.map((point) => point.x[0]);
  const ys = run.points.map((point) => (problem.inputs === 2 ? point.x[1] : point.y[0]));
  plane.box = { x: range(xs.length ? xs : [-1, 1], 0.18), y: range(ys.length ? ys : [-1, 1], problem.inputs === 2 ? 0.18 : 0.3) };
}

function sizePlane() {
  const { clientWidth, clientHeight } = canvas.parentElement;
  const scale = devicePixelRatio || 1;
  plane.width = clientWidth;
  plane.height = clientHeight;
  canvas.width = Math.round(clientWidth * scale);
  canvas.height = Math.round(clientHeight * scale);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
}

const across = () => plane.width - MARGIN.left - MARGIN.right;
const down = () => plane.height - MARGIN.top - MARGIN.bottom;
const toX = (x) => MARGIN.left + ((x - plane.box.x[0]) / (plane.box.x[1] - plane.box.x[0])) * across();
const toY = (y) => MARGIN.top + ((plane.box.y[1] - y) / (plane.box.y[1] - plane.box.y[0])) * down();
const fromX = (px) => plane.box.x[0] + ((px - MARGIN.left) / across()) * (plane.box.x[1] - plane.box.x[0]);
const fromY = (py) => plane.box.y[1] - ((py - MARGIN.top) / down()) * (plane.box.y[1] - plane.box.y[0]);

const placeOf = (point) => [toX(point.x[0]), toY(problem.inputs === 2 ? point.x[1] : point.y[0])];

// The color of an output: a class's own, or between the two as the score has it.
function shade(output) {
  if (Array.isArray(output)) return [colors.classes[output.indexOf(Math.max(...output)) % 6], 0.3];
  const [lowest, highest] = problem.labels;
  const gain = ["hinge", "logistic", "exponential"].includes(problem.loss) ? 0.8 : 3 / (highest - lowest || 1);
  const score = (output - problem.threshold) * gain;
  return [colors.classes[score > 0 ? 1 : 0], 0.12 + 0.48 * Math.tanh(Math.abs(score))];
}

function pointColor(point) {
  const y = point.y[0];
  if (problem.kind === "classes") return colors.classes[y % 6];
  if (problem.inputs === 1) return colors.classes[0];
  const [lowest, highest] = problem.labels;
  const share = Math.min(1, Math.max(0, (y - lowest) / (highest - lowest || 1)));
  return colors.classes[0].map((c, k) => Math.round(c + share * (colors.classes[1][k] - c)));
}

function drawRegions(cells) {
  tile.width = tile.height = cells;
  const brush = tile.getContext("2d");
  const picture = brush.createImageData(cells, cells);
  const x = [0, 0];
  for (let row = 0, at = 0; row < cells; row++) {
    x[1] = plane.box.y[1] - ((row + 0.5) / cells) * (plane.box.y[1] - plane.box.y[0]);
    for (let column = 0; column < cells; column++) {
      x[0] = plane.box.x[0] + ((column + 0.5) / cells) * (plane.box.x[1] - plane.box.x[0]);
      const [color, strength] = shade(run.predict(x));
      for (let k = 0; k < 3; k++) picture.data[at++] = colors.paper[k] + strength * (color[k] - colors.paper[k]);
      picture.data[at++] = 255;
    }
  }
  brush.putImageData(picture, 0, 0);
  pen.imageSmoothingEnabled = problem.outputs.length === 1;
  pen.drawImage(tile, MARGIN.left, MARGIN.top, across(), down());
}

function drawCurve() {
  pen.beginPath();
  const x = [0];
  for (let px = 0; px <= across(); px += 2) {
    x[0] = fromX(MARGIN.left + px);
    pen.lineTo(MARGIN.left + px, toY(run.predict(x)));
  }
  pen.strokeStyle = colors.value;
  pen.lineWidth = 2.5;
  pen.stroke();
}

// Where each neuron of the first hidden layer is 0: w·x + b = 0.
function drawNeuronLines() {
  if (problem.layers.length < 2) return;
  const { weight, bias } = problem.layers[0];
  weight.forEach((row, k) => {
    const strong = plane.hovered?.layer === 0 && plane.hovered.neuron === k;
    pen.strokeStyle = strong ? colors.chosen : colors.ink;
    pen.globalAlpha = strong ? 1 : 0.4;
    pen.lineWidth = strong ? 3 : 1;
    const b = bias[k] === null ? 0 : run.theta[bias[k]];
    const w = row.map((j) => run.theta[j]);
    pen.beginPath();
    if (problem.inputs === 1) {
      pen.moveTo(toX(-b / w[0]), MARGIN.top + down());
      pen.lineTo(toX(-b / w[0]), MARGIN.top + down() - (strong ? down() : 12));
    } else if (Math.abs(w[1]) > Math.abs(w[0])) {
      for (const x of plane.box.x) pen.lineTo(toX(x), toY(-(w[0] * x + b) / w[1]));
    } else {
      for (const y of plane.box.y) pen.lineTo(toX(-(w[1] * y + b) / w[0]), toY(y));
    }
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

function drawPoints() {
  const radius = run.points.length > 150 ? 3.5 : 5;
  for (const point of run.points) {
    const [px, py] = placeOf(point);
    const chosen = point === look.point;
    pen.beginPath();
    pen.arc(px, py, chosen ? radius + 2 : radius, 0, 2 * Math.PI);
    pen.fillStyle = point.held ? css(colors.paper) : css(pointColor(point));
    pen.fill();
    pen.strokeStyle = point.held ? css(pointColor(point)) : css(colors.paper);
    pen.lineWidth = point.held ? 2.2 : 1.2;
    pen.stroke();
    if (!chosen) continue;
    pen.beginPath();
    pen.arc(px, py, radius + 5, 0, 2 * Math.PI);
    pen.strokeStyle = colors.chosen;
    pen.lineWidth = 2.5;
    pen.stroke();
  }
}

// A round number of steps along an axis.
function ticks([from, to]) {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let k = Math.ceil(from / step); k * step <= to; k++) found.push(Number((k * step).toPrecision(6)));
  return found;
}

function drawAxes() {
  pen.strokeStyle = colors.line;
  pen.lineWidth = 1;
  pen.strokeRect(MARGIN.left + 0.5, MARGIN.top + 0.5, across(), down());
  pen.fillStyle = colors.faint;
  pen.font = `${0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize)}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  for (const x of ticks(plane.box.x)) pen.fillText(short(x), toX(x), MARGIN.top + down() + 6);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const y of ticks(plane.box.y)) pen.fillText(short(y), MARGIN.left - 6, toY(y));
}

function drawPlane(cells) {
  pen.clearRect(0, 0, plane.width, plane.height);
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN.left, MARGIN.top, across(), down());
  pen.clip();
  if (problem.inputs === 2) drawRegions(cells);
  if (find("lines").checked) drawNeuronLines();
  if (problem.inputs === 1) drawCurve();
  drawPoints();
  pen.restore();
  drawAxes();
}

// ---------------------------------------------------------------- points: choose, drag, add, delete

function nearest(px, py, reach) {
  let best = null;
  for (const point of run.points) {
    const [x, y] = placeOf(point);
    const distance = Math.hypot(x - px, y - py);
    if (distance <= reach) [best, reach] = [point, distance];
  }
  return best;
}

function movePoint(point, px, py) {
  const [x, y] = [fromX(px), fromY(py)].map((each) => Number(each.toPrecision(4)));
  if (problem.inputs === 2) point.x = [x, y];
  else [point.x, point.y] = [[x], problem.kind === "two" ? [y > problem.threshold ? problem.labels[1] : problem.labels[0]] : [y]];
}

function addPoint(px, py) {
  const point = sample([0, 0, 0].slice(2 - problem.inputs), false);
  point.y = [plane.newLabel];
  movePoint(point, px, py);
  run.points.push(point);
  run.anew();
  return point;
}

function deletePoint() {
  if (!look.point) return;
  run.points = run.points.filter((point) => point !== look.point);
  run.anew();
  choosePoint(null);
}

function choosePoint(point) {
  look.point = point;
  look.moment = null;
  refresh();
}

// Where the pointer is in the canvas, if it is inside the axes.
function inPlane(event) {
  const box = canvas.getBoundingClientRect();
  const [px, py] = [event.clientX - box.left, event.clientY - box.top];
  const inside = px >= MARGIN.left && px <= plane.width - MARGIN.right && py >= MARGIN.top && py <= plane.height - MARGIN.bottom;
  return [px, py, inside];
}

canvas.addEventListener("pointerdown", (event) => {
  const [px, py, inside] = inPlane(event);
  if (!inside) return;
  canvas.setPointerCapture(event.pointerId);
  const found = nearest(px, py, event.pointerType === "touch" ? 18 : 10);
  plane.dragged = { point: found ?? addPoint(px, py), from: [px, py], moved: !found };
  choosePoint(plane.dragged.point);
});

canvas.addEventListener("pointermove", (event) => {
  const [px, py, inside] = inPlane(event);
  if (!plane.dragged) {
    canvas.style.cursor = inside ? (nearest(px, py, 10) ? "grab" : "crosshair") : "default";
    return;
  }
  const [x, y] = plane.dragged.from;
  plane.dragged.moved ||= Math.hypot(px - x, py - y) > 3;
  if (!plane.dragged.moved || !inside) return;
  movePoint(plane.dragged.point, px, py);
  refresh();
});

const release = () => { plane.dragged = null; };
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
