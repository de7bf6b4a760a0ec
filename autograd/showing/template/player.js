// Time: which step is shown, playing, keys and buttons; the page starts here.

let step = 0;
let timer = 0;

function go(to) {
  step = Math.max(0, Math.min(lastStep(), to));
  verdict("");
  find("answer").value = "";
  update();
  follow(activeNode(step));
  requestAnimationFrame(() => followInTable(activeNode(step))); // measuring at once would cost a layout
}

function update() {
  const now = moment(step);
  paint(now);
  board(now);
  details(now);
  paintTable(now);
  quizCard();
  find("scrubber").value = String(step);
  find("scrubber").setAttribute("aria-valuetext", stepName(step));
  find("position").textContent = `${step} / ${lastStep()}`;
  for (const id of ["back", "rewind"]) able(id, step > 0);
  for (const id of ["next", "end"]) able(id, step < lastStep());
}

// A button that can do nothing now says so, but keeps the focus, which `disabled` would lose.
function able(id, can) {
  find(id).setAttribute("aria-disabled", String(!can));
}

function stepName(at) {
  if (at === 0) return "start";
  if (at === seed) return "backward, the start";
  const name = nodes[activeNode(at)].name;
  return at < seed ? `forward ${at} of ${gates.length}, ${name}` : `backward ${at - seed} of ${gates.length}, ${name}`;
}

function play(start = !timer) {
  clearTimeout(timer);
  timer = 0;
  if (start) {
    if (step === lastStep()) go(0);
    timer = setTimeout(tick, 0);
  }
  find("play").textContent = start ? "❚❚ Pause" : "▶ Play";
  find("play").setAttribute("aria-label", start ? "Pause" : "Play");
}

function tick() {
  go(step + 1);
  ask();
  if (step === lastStep() || quizOpen(step)) return play(false);
  timer = setTimeout(tick, 1400 / Number(find("speed").value));
}

function manual(to) {
  play(false);
  go(to);
  ask();
}

// ---------------------------------------------------------------- keys, theme, start

// One node at a time can be reached by Tab; the arrows go from there.
function roveTo(k, focus = true) {
  drawn.nodes.forEach((parts, other) => parts?.group.setAttribute("tabindex", other === k ? "0" : "-1"));
  if (focus) drawn.nodes[k].group.focus();
  follow(k);
}

function neighbour(k, direction) {
  do k += direction;
  while (k >= 0 && k < nodes.length && !drawn.nodes[k]);
  return Math.max(0, Math.min(nodes.length - 1, k));
}

const darkBySystem = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const wish = document.documentElement.dataset.theme;
  return wish ? wish === "dark" : darkBySystem.matches;
}

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
}

function nameTheme() {
  find("theme").textContent = isDark() ? "Light" : "Dark";
}

function toggleHelp() {
  find("keys").hidden = !find("keys").hidden;
  find("help").setAttribute("aria-expanded", String(!find("keys").hidden));
}

const keys = {
  ArrowRight: () => manual(step + 1),
  ArrowLeft: () => manual(step - 1),
  Home: () => manual(0),
  End: () => manual(lastStep()),
  "+": () => zoom(1.25),
  "-": () => zoom(0.8),
  0: fit,
  q: toggleQuiz,
  d: downhill,
  "/": () => find("search").focus(),
  t: toggleTheme,
  "?": toggleHelp,
  Escape: () => chosen >= 0 && choose(chosen),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (event.key === " " && !target.matches("#answer, #search")) { // whatever was clicked before
    event.preventDefault();
    return play();
  }
  if (target.matches("input:not([type=range])")) { // what is typed there is text
    if (event.key === "Escape") target.blur();
    return;
  }
  if (target.matches("[type=range], select") && /^(Arrow|Home|End|Page)/.test(event.key)) return;
  const node = target.closest?.(".node");
  if (node) {
    const k = Number(node.id.replace("node-", ""));
    if (event.key === "Enter") return choose(k);
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (direction) {
      event.preventDefault();
      const next = neighbour(k, direction);
      return drawn.nodes[next] && roveTo(next);
    }
  }
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function onResize() {
  const layout = chooseLayout();
  if (layout !== drawn.layout) {
    draw(layout);
    update();
  }
  look();
}

const onClick = { rewind: () => manual(0), back: () => manual(step - 1), play: () => play(), next: () => manual(step + 1),
  end: () => manual(lastStep()), fit, reset, reveal, downhill, link, again, svg: saveSvg, png: savePng, "zoom-in": () => zoom(1.25), "zoom-out": () => zoom(0.8),
  quiz: toggleQuiz, theme: toggleTheme, help: toggleHelp };
for (const [id, action] of Object.entries(onClick)) find(id).addEventListener("click", () => action());
find("scrubber").addEventListener("input", (event) => manual(Number(event.target.value)));
find("question").addEventListener("submit", check);
find("level").addEventListener("change", startQuiz);
find("search").addEventListener("input", search);
find("search").addEventListener("keydown", search);
document.addEventListener("keydown", onKey);
// a button answers when Space is let go
document.addEventListener("keyup", (event) => event.key === " " && event.target.matches("button") && event.preventDefault());
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY / 400), ...toPicture(event));
}, { passive: false });
svg.addEventListener("pointerdown", onPointerDown);
svg.addEventListener("pointermove", onPointerMove);
svg.addEventListener("pointerup", onPointerUp);
svg.addEventListener("pointercancel", onPointerUp);
addEventListener("resize", onResize);
addEventListener("hashchange", fromHash);
darkBySystem.addEventListener("change", nameTheme);

nameTheme();
find("link").hidden = window !== parent; // in a notebook's frame: it has no address
pass = run();
collapseToFit();
draw(chooseLayout());
buildTable();
recompute();
look();
fromHash();
