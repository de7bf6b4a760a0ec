// Time: playing, stepping, rewinding; menus, keys and the start.

const player = { playing: false, frame: 0, due: 0, before: 0, dirty: true, slow: 0 };
const SLOW = 150; // milliseconds between two refreshes of text while it plays

// ---------------------------------------------------------------- what is seen

// Draw all that is seen at the next frame.
function refresh() {
  player.dirty = true;
  if (!player.frame) player.frame = requestAnimationFrame(onFrame);
}

function onFrame(now) {
  player.frame = 0;
  if (player.playing) advance(now);
  if (player.dirty) paint(now);
  if (player.playing) player.frame = requestAnimationFrame(onFrame);
}

function paint(now) {
  player.dirty = false;
  computeSample();
  drawPlane(player.playing ? 44 : 140);
  drawNetwork();
  if (player.playing && now - player.slow < SLOW) return;
  player.slow = now;
  drawCurveOfLoss();
  explain();
  fillTable();
  counters();
}

function counters() {
  const { loss, validation } = run.history;
  find("epoch").textContent = String(run.epoch);
  find("updates").textContent = String(run.updates);
  find("loss").textContent = short(loss.at(-1) ?? null);
  find("validation").textContent = short(validation.at(-1) ?? null);
  find("validating").hidden = !run.held.length;
  find("play").textContent = player.playing ? "❚❚ Pause" : "▶ Play";
  find("play").setAttribute("aria-pressed", String(player.playing));
  find("delete").disabled = !look.point;
  const widths = [problem.inputs, ...problem.layers.map((layer) => layer.weight.length)].join(" → ");
  find("settings").textContent = `${run.train.length} points, ${widths}, ${problem.loss.replaceAll("_", " ")}`;
}

// ---------------------------------------------------------------- time

// As many updates as are due; at full speed as many as fit into a frame.
function advance(now) {
  const speed = find("speed").value;
  try {
    if (speed === "full") {
      const end = performance.now() + 10;
      do run.update();
      while (performance.now() < end);
    } else {
      player.due += Math.min(0.25, (now - player.before) / 1000) * Number(speed);
      for (; player.due >= 1; player.due--) run.update();
    }
  } catch (error) {
    fail(error);
  }
  player.before = now;
  player.dirty = true;
}

function play(start = !player.playing) {
  player.playing = start;
  player.due = 1;
  player.before = performance.now();
  if (start) look.moment = null;
  say("");
  refresh();
}

function fail(error) {
  play(false);
  say(error.message[0].toUpperCase() + error.message.slice(1) + ".");
}

const say = (text) => {
  find("error").textContent = text;
  find("error").hidden = !text;
};

function manual(action) {
  play(false);
  try {
    action();
  } catch (error) {
    fail(error);
  }
  refresh();
}

const oneUpdate = () => manual(() => { look.moment = null; run.update(); });

const oneEpoch = () => manual(() => {
  look.moment = null;
  const { epoch } = run;
  while (run.epoch === epoch) run.update();
});

const rewind = () => manual(() => { look.moment = null; run.rewind(); buildTable(); });

// The chosen sample, or the first.
const sampleToShow = () => (look.point ??= run.train[0] ?? null);

const stepGate = (by) => manual(() => {
  if (!sampleToShow()) return;
  look.moment = Math.max(0, Math.min(lastMoment(), (look.moment ?? 0) + by));
});

// To the end of a layer's weighted sums, or of its activations, or of the loss; either way.
const stepLayer = (by) => manual(() => {
  if (!sampleToShow()) return;
  const stage = () => {
    const { letter, layer } = look.gates[activeGate()] ?? {};
    return `${letter} ${layer} ${look.moment > look.gates.length}`;
  };
  look.moment = Math.max(0, Math.min(lastMoment(), (look.moment ?? 0) + by));
  const start = stage();
  for (let next = look.moment + by; next >= 0 && next <= lastMoment(); next += by) {
    const last = look.moment;
    look.moment = next;
    if (stage() !== start) return void (look.moment = last);
  }
});

const wholeSample = () => manual(() => {
  if (sampleToShow()) look.moment = lastMoment();
});

// ---------------------------------------------------------------- menus

const options = (id, entries) => find(id).replaceChildren(...entries.map(([value, text]) => element("option", { value }, text)));

const rateOf = (position) => 10 ** (position / 20);
const positionOf = (rate) => String(Math.round(20 * Math.log10(rate)));

function showSettings() {
  const { settings } = run;
  find("optimizer").value = String(settings.optimizer);
  find("rate").value = positionOf(settings.rate || 1e-5);
  find("rate-number").textContent = short(settings.rate);
  find("activation").value = problem.activation === null ? "" : settings.activation;
  find("activation").disabled = problem.activation === null;
  find("initial").value = settings.initial ?? "";
  find("seed").value = String(settings.seed);
  find("seed").disabled = !settings.initial;
  find("batch").value = String(run.batchSize);
  find("batch").max = String(run.train.length);
  const shown = find("edges").value;
  const kept = run.rule.memory.map(([name]) => [name, memoryWords(name)]);
  options("edges", [["weight", "weights"], ["gradient", "gradients"], ...kept]);
  find("edges").value = kept.some(([name]) => name === shown) || shown === "gradient" ? shown : "weight";
}

function open(k) {
  readColors();
  problem = data.problems[k];
  const { optimizer, rate, batch, activation, seed } = problem;
  run = new Run(problem, { optimizer, rate, batch, activation: activation ?? "identity", initial: null, seed });
  plane.newLabel = problem.labels[1];
  look.point = run.train[0] ?? null;
  network.chosen = network.hovered = plane.hovered = null;
  lookAtProblem();
  fitPlane();
  player.playing = false;
  say("");
  for (const button of find("examples").children) button.setAttribute("aria-pressed", String(button.value === String(k)));
  buildLabels();
  rebuild();
}

// Which class a new point has.
function buildLabels() {
  const { kind, labels, inputs } = problem;
  const classes = kind === "two" ? labels : kind === "classes" ? Array.from({ length: labels[1] + 1 }, (_, k) => k) : [];
  find("labels").hidden = inputs === 1;
  find("labels").replaceChildren("New points: ", ...(classes.length ? classes.map((y) => {
    const button = element("button", { "aria-pressed": String(y === plane.newLabel) }, `y = ${short(y)}`);
    button.style.setProperty("--mark", css(pointColor({ y: [y] })));
    button.addEventListener("click", () => { plane.newLabel = y; buildLabels(); });
    return button;
  }) : [numberField()]));
}

function numberField() {
  const field = element("input", { type: "number", step: "any", value: String(plane.newLabel), "aria-label": "y of new points" });
  field.addEventListener("change", () => { plane.newLabel = Number(field.value) || 0; });
  return field;
}

// All that depends on the window, the theme or the problem.
function rebuild() {
  readColors();
  sizePlane();
  buildNetwork();
  buildTable();
  buildCurve();
  showSettings();
  refresh();
}

function change(id, action) {
  find(id).addEventListener("change", (event) => {
    manual(() => action(event.target.value));
    showSettings();
    if (event.target.matches("select")) event.target.blur(); // Space plays again
  });
}

change("optimizer", (value) => {
  run.settings.optimizer = Number(value);
  run.settings.rate = Number(value) === problem.optimizer ? problem.rate : data.optimizers[value].rate;
  run.setOptimizer(Number(value) === problem.optimizer ? problem.memory : null);
  run.before = null;
  buildTable();
});
change("activation", (value) => { run.settings.activation = value; run.rewind(); });
change("initial", (value) => { run.settings.initial = value || null; run.rewind(); });
change("seed", (value) => { run.settings.seed = Math.max(0, Math.floor(Number(value)) || 0) >>> 0; run.rewind(); });
change("batch", (value) => {
  const size = Math.max(1, Math.min(run.train.length, Math.floor(Number(value)) || run.train.length));
  run.settings.batch = size === run.train.length ? null : size;
  run.anew();
});
change("layer", (value) => { table.layer = Number(value); buildTable(); });
change("edges", () => {});
change("speed", () => {});
change("log", buildCurve);
change("lines", () => {});
find("rate").addEventListener("input", (event) => {
  run.settings.rate = Number(rateOf(event.target.value).toPrecision(3));
  showSettings();
  refresh();
});

// ---------------------------------------------------------------- keys and buttons

const darkBySystem = matchMedia("(prefers-color-scheme: dark)");

function toggleTheme() {
  const now = document.documentElement.dataset.theme ?? (darkBySystem.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  rebuild();
}

function toggleHelp() {
  find("keys").hidden = !find("keys").hidden;
  find("help").setAttribute("aria-expanded", String(!find("keys").hidden));
  rebuild();
}

function neighbour(by) {
  const { points } = run;
  if (!points.length) return;
  const at = points.indexOf(look.point);
  choosePoint(points[(at + by + points.length) % points.length]);
}

const resetData = () => manual(() => {
  run.points = [...problem.points.map((each) => sample(each, false)), ...problem.held.map((each) => sample(each, true))];
  run.rewind();
  look.point = run.train[0] ?? null;
  fitPlane();
  buildTable();
});

const keys = {
  " ": () => play(),
  ArrowRight: () => stepGate(1),
  ArrowLeft: () => stepGate(-1),
  Home: () => stepGate(-Infinity),
  End: wholeSample,
  s: wholeSample,
  u: oneUpdate,
  e: oneEpoch,
  r: rewind,
  t: toggleTheme,
  "?": toggleHelp,
  ",": () => neighbour(-1),
  ".": () => neighbour(1),
  Delete: () => deletePoint(),
  Backspace: () => deletePoint(),
  Escape: () => { network.chosen = null; choosePoint(null); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target } = event;
  const { key } = event;
  if (target.matches("input[type=number]") && key !== "Escape") return;
  if (target.matches("select, input[type=range]") && /^(Arrow|Home|End|Page)/.test(key)) return;
  if (target.matches("button, select, input[type=checkbox]") && key === " ") return;
  const step = event.shiftKey && { ArrowRight: 1, ArrowLeft: -1 }[key];
  const action = step ? () => stepLayer(step) : keys[key.length === 1 ? key.toLowerCase() : key];
  if (!action) return;
  event.preventDefault();
  action();
});

// A button that was clicked with the pointer lets go of the focus, so that Space plays.
document.addEventListener("click", (event) => {
  if (event.detail && event.target.matches("button, input[type=checkbox], input[type=range]")) event.target.blur();
});

const onClick = { play: () => play(), rewind, back: () => stepGate(-1), gate: () => stepGate(1), sample: wholeSample, update: oneUpdate,
  "one-epoch": oneEpoch, theme: toggleTheme, help: toggleHelp, delete: deletePoint, reset: resetData };
for (const [id, action] of Object.entries(onClick)) find(id).addEventListener("click", () => action());

options("optimizer", data.optimizers.map(({ name }, k) => [String(k), name]));
options("activation", data.activations.map(({ name, label }) => [name, name === label ? label : `${label}, yours`]));
options("initial", [["", "as given"], ...["zeros", "normal", "uniform", "xavier", "he"].map((name) => [name, { xavier: "Xavier", he: "He", normal: "normal, 0.01" }[name] ?? name])]);
find("examples").replaceChildren(...data.problems.map(({ name }, k) => {
  const button = element("button", { value: String(k) }, name);
  button.addEventListener("click", () => open(k));
  return button;
}));
darkBySystem.addEventListener("change", rebuild);
addEventListener("resize", rebuild);
open(0);
