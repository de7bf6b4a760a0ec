// The quiz: at each backward step one number is hidden until it is answered.

const quiz = { on: false, solved: new Set(), tried: new Set(), asked: 0, right: 0 };

// The question of a step: in turns a local derivative or a gradient.
function question(at) {
  const flowing = pass.contributions.filter((each) => each.step === at);
  if (!quiz.on || !flowing.length) return null;
  const turn = at - seed - 1;
  const each = flowing[(turn >> 1) % flowing.length];
  // of x·x the local derivatives by either x have one name: no fair question
  const isOne = flowing.filter((other) => other.operand === each.operand).length === 1;
  if (turn % 2 && isOne) {
    return { ...each, kind: "local", truth: each.local, text: `What is ${localName(each.k, each.place)} here?` };
  }
  const sum = flowing.filter((other) => other.operand === each.operand).pop().sum;
  const more = pass.arriving[each.operand].some((other) => other.step > at);
  const name = more ? `${nodes[each.operand].name}.grad, the sum so far,` : gradientName(each.operand);
  return { ...each, kind: "gradient", truth: sum, text: `What is ${name} after this step?` };
}

const quizOpen = (at) => quiz.on && !quiz.solved.has(at) && question(at) !== null;

// Whether the quiz hides a number of this step: of an edge (by the operand's place) the local
// derivative or the contribution, of a node its gradient.
function hides(at, kind, which) {
  if (!quizOpen(at)) return false;
  const { k, kind: asked, place, operand } = question(at);
  if (kind === "gradient") return which === operand;
  const same = nodes[k].operands[which] === operand;
  return kind === "local" ? asked === "local" && which === place : same;
}

// The cursor goes where the answer is typed; but not while the scrubber is dragged.
function ask() {
  if (quizOpen(step) && document.activeElement !== find("scrubber")) find("answer").focus();
}

function quizCard() {
  const asked = question(step);
  find("question").hidden = !quiz.on;
  find("quiz").setAttribute("aria-pressed", String(quiz.on));
  if (!quiz.on) return;
  const open = asked && !quiz.solved.has(step);
  find("asked").textContent = !asked
    ? "Step on: the questions come in the backward pass."
    : open ? asked.text : `${asked.text} — ${short(asked.truth)}`;
  for (const id of ["answer", "reveal"]) find(id).disabled = !open;
  find("score").textContent = quiz.asked ? `${quiz.right} of ${quiz.asked} right at the first try` : "";
}

// Right within half a percent, however small the number: two or three digits of it.
function isRight(answer, truth) {
  if (Object.is(answer, truth) || answer === truth) return true;
  return Number.isFinite(truth) && Math.abs(answer - truth) <= 0.005 * Math.abs(truth);
}

function check(event) {
  event.preventDefault();
  if (!quizOpen(step)) return;
  const asked = question(step);
  const answer = typed(find("answer").value);
  if (answer === undefined) return verdict(refusal(find("answer").value), "wrong");
  const right = isRight(answer, asked.truth);
  if (!quiz.tried.has(step)) {
    quiz.asked += 1;
    quiz.right += right ? 1 : 0;
  }
  quiz.tried.add(step);
  if (right) solve(`Right: ${short(asked.truth)}.`, "right");
  else verdict(Math.abs(answer - asked.truth) <= 0.1 * Math.abs(asked.truth)
    ? "Close: give another digit." : "Not yet. Local gradient × upstream gradient, summed over the uses.", "wrong");
  quizCard();
}

function reveal() {
  const asked = question(step);
  if (!quiz.tried.has(step)) quiz.asked += 1;
  quiz.tried.add(step);
  solve(`It is ${short(asked.truth)}.`, "");
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
  quiz.solved.clear();
  quiz.tried.clear();
  quiz.asked = quiz.right = 0;
  go(quiz.on && step < seed ? Math.min(seed + 1, lastStep()) : step);
  ask();
}
