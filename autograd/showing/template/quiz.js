// The quiz: at each step of its level one number is hidden until it is answered.

const quiz = { on: false, solved: new Set(), tried: new Set(), missed: new Set(), asked: 0, right: 0 };

// The question of a step, null where the level has none: forward a value, backward a local
// derivative or a gradient, in turns if the level is "everything".
function question(at) {
  const level = find("level").value;
  if (!quiz.on || at === 0 || at === seed) return null;
  if (at < seed) return ["values", "all"].includes(level) ? aboutValue(at) : null;
  const flowing = pass.contributions.filter((each) => each.step === at);
  if (level === "values" || !flowing.length) return null;
  const turn = at - seed - 1;
  const each = flowing[(turn >> 1) % flowing.length];
  const asksLocal = level === "locals" || (level === "all" && turn % 2 === 1);
  // of x·x the local derivatives by either x have one name: no fair question
  const fair = (one) => flowing.filter((other) => other.operand === one.operand).length === 1;
  if (asksLocal && fair(each)) return aboutLocal(each);
  return level === "locals" ? null : aboutGradient(each, flowing);
}

function aboutValue(at) {
  const k = activeNode(at);
  if (pass.data[k] === null) return null;
  const { name, expression } = nodes[k];
  const text = `What is ${name} = ${withNames(expression)}?`;
  return { k, kind: "value", truth: pass.data[k], about: name, text, hint: "Put the numbers into the formula." };
}

function aboutLocal(each) {
  const about = localName(each.k, each.place);
  const hint = "How fast does the gate's value change with this operand?";
  return { ...each, kind: "local", truth: each.local, about, text: `What is ${about} here?`, hint };
}

function aboutGradient(each, flowing) {
  const sum = flowing.filter((other) => other.operand === each.operand).pop().sum;
  const more = pass.arriving[each.operand].some((other) => other.step > each.step);
  const name = more ? `${nodes[each.operand].name}.grad, the sum so far,` : gradientName(each.operand);
  const hint = "Local gradient × upstream gradient, summed over the uses.";
  return {
    ...each, kind: "gradient", truth: sum, about: gradientName(each.operand),
    text: `What is ${name} after this step?`, hint,
  };
}

const quizOpen = (at) => quiz.on && !quiz.solved.has(at) && question(at) !== null;

// Whether the quiz hides a number of this step: of an edge (by the operand's place) the local
// derivative or the contribution, of a node its value or its gradient.
function hides(at, kind, which) {
  if (!quizOpen(at)) return false;
  const { k, kind: asked, place, operand } = question(at);
  if (kind === "value" || asked === "value") return kind === asked && which === k;
  if (kind === "gradient") return which === operand;
  const same = nodes[k].operands[which] === operand;
  return kind === "local" ? asked === "local" && which === place : same;
}

// The cursor goes where the answer is typed; but not while the scrubber is dragged.
function ask() {
  if (quizOpen(step) && document.activeElement !== find("scrubber")) find("answer").focus();
}

function quizCard() {
  find("question").hidden = !quiz.on;
  find("quiz").setAttribute("aria-pressed", String(quiz.on));
  if (!quiz.on) return;
  const asked = question(step);
  const open = quizOpen(step);
  const over = step === lastStep() && !open;
  find("asked").textContent = open ? asked.text
    : asked ? `${asked.text} — ${short(asked.truth)}`
    : over ? "" : "Nothing is asked at this step: go on.";
  for (const id of ["answer", "reveal"]) find(id).disabled = !open;
  const score = quiz.asked ? `${quiz.right} of ${quiz.asked} right at the first try` : "";
  find("score").textContent = over && score ? `Summary: ${score}. ${lookAgain()}` : score;
  find("again").hidden = !over;
}

function lookAgain() {
  if (!quiz.missed.size) return "Nothing to look at again.";
  const some = [...quiz.missed].slice(0, 6).join(", ");
  return `Look again at ${some}${quiz.missed.size > 6 ? ", …" : "."}`;
}

// Right within half a percent, however small the number: two or three digits of it.
function isRight(answer, truth) {
  if (Object.is(answer, truth) || answer === truth) return true;
  return Number.isFinite(truth) && Math.abs(answer - truth) <= 0.005 * Math.abs(truth);
}

// Only the first try counts.
function count(right) {
  if (quiz.tried.has(step)) return;
  quiz.tried.add(step);
  quiz.asked += 1;
  if (right) quiz.right += 1;
  else quiz.missed.add(question(step).about);
}

function check(event) {
  event.preventDefault();
  if (!quizOpen(step)) return;
  const { truth, hint } = question(step);
  const answer = typed(find("answer").value);
  if (answer === undefined) return verdict(refusal(find("answer").value), "wrong");
  const right = isRight(answer, truth);
  count(right);
  if (right) return solve(`Right: ${short(truth)}.`, "right");
  const close = Math.abs(answer - truth) <= 0.1 * Math.abs(truth);
  verdict(close ? "Close: give another digit." : `Not yet. ${hint}`, "wrong");
  quizCard();
}

function reveal() {
  count(false);
  solve(`It is ${short(question(step).truth)}.`, "");
}

function solve(text, kind) {
  quiz.solved.add(step);
  find("next").focus(); // before the question's own fields are disabled, and the focus lost
  update();
  verdict(text, kind);
}

function verdict(text, kind = "") {
  find("verdict").textContent = text;
  find("verdict").className = kind;
}

function toggleQuiz() {
  quiz.on = !quiz.on;
  if (quiz.on) startQuiz();
  else update();
}

// From the first question of the level.
function startQuiz() {
  for (const each of [quiz.solved, quiz.tried, quiz.missed]) each.clear();
  quiz.asked = quiz.right = 0;
  let first = 1;
  while (first < lastStep() && !question(first)) first += 1;
  go(first);
  ask();
}

function again() {
  if (!computation.fixed) freshNumbers();
  startQuiz();
}

// Numbers that can be reckoned with: whole ones if Python's are, or tenths. After some trials with
// any sign the leaves keep theirs, for a logarithm's sake.
function freshNumbers() {
  const whole = python.every((x, k) => !isLeaf(k) || Number.isInteger(x));
  for (let trial = 0; trial < 60; trial++) {
    const size = () => (whole ? 1 + Math.floor(6 * Math.random()) : (1 + Math.floor(20 * Math.random())) / 10);
    const sign = (x) => (trial < 30 ? Math.sign(Math.random() - 0.5) : Math.sign(x)) || 1;
    leaves = python.map((x, k) => (isLeaf(k) ? sign(x) * size() : x));
    pass = run();
    if (!pass.problem && [...pass.data, ...pass.gradient].every(Number.isFinite)) return recompute();
  }
  reset();
}
