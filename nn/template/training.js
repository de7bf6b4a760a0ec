// Training: what fit() does, one update at a time. The loss of a sample, its gradient, the
// activations and the optimizers' rules are programs that Python printed (`functions`).

const data = JSON.parse(document.getElementById("data").textContent);

let problem; // what is learned: the network, its data, how it is trained
let run; // where the training is

const activationNamed = (name) => data.activations.find((each) => each.name === name);

// Every hidden neuron calls values.activation_1; its program is the one that the menu says.
function setActivation(name) {
  const f = functions[`activation_${name}`];
  const size = activationNamed(name).size;
  const [z, v, d, slope] = [new Float64Array(1), new Float64Array(size), new Float64Array(size), new Float64Array(1)];
  values.activation_1 = (x) => {
    z[0] = x;
    return f.forward(z, v);
  };
  values.activation_slope_2 = (x) => {
    z[0] = x;
    slope[0] = 0;
    f.forward(z, v);
    f.backward(z, v, d, slope);
    return slope[0];
  };
}

// A sample as the programs take it: x and y are arrays.
const sample = (numbers, held) => ({ x: numbers.slice(0, -1), y: numbers.slice(-1), held });

class Run {
  constructor(problem, settings) {
    this.problem = problem;
    this.settings = settings; // activation, initial, seed, optimizer, rate, batch
    this.program = functions[problem.function];
    this.predictor = functions[`${problem.function}_model`];
    this.v = new Float64Array(problem.size);
    this.d = new Float64Array(problem.size);
    this.inside = new Float64Array(Math.max(1, problem.predictor));
    this.theta = new Float64Array(problem.theta.length);
    this.gradient = new Float64Array(problem.theta.length);
    this.points = [...problem.points.map((each) => sample(each, false)), ...problem.held.map((each) => sample(each, true))];
    this.rewind();
  }

  // Back to the first weights and the first shuffle; the points stay as they are now.
  rewind() {
    const { problem, settings } = this;
    setActivation(settings.activation);
    this.theta.set(problem.theta);
    if (settings.initial) this.draw(problem.initial[settings.initial], new Random(settings.seed));
    this.gradient.fill(0);
    this.random = new Random(problem.seed);
    for (let n = problem.drawn; n > 0; n--) this.random.below(n); // which points are held out
    this.setOptimizer(problem.memory);
    this.epoch = 0;
    this.updates = 0;
    this.before = null; // weights, memory and rate before the last update
    this.history = { epoch: [], loss: [], validation: [] };
    this.anew();
  }

  // The weights as MLP(init=..., rng=seed) draws them.
  draw(initial, random) {
    this.problem.layers.forEach((layer, k) => {
      const [kind, a, b, factor] = initial[k];
      for (const row of layer.weight) {
        for (const j of row) this.theta[j] = kind === "zero" ? 0 : factor * random[kind](a, b);
      }
      for (const j of layer.bias) if (j !== null) this.theta[j] = 0;
    });
  }

  // The optimizer's memory begins anew; `memory` is what it had in Python.
  setOptimizer(memory = null) {
    const rule = data.optimizers[this.settings.optimizer];
    this.rule = rule;
    this.memory = rule.memory.map(([name, first]) => Float64Array.from(this.theta, (_, j) => memory?.[j][name] ?? first));
    this.scratch = { theta: [0], gradient: [0], rate: [0], memory: rule.memory.map(() => 0), v: new Float64Array(rule.size) };
  }

  // An epoch starts from its first batch, as after a change of the data.
  anew() {
    this.train = this.points.filter((point) => !point.held);
    this.held = this.points.filter((point) => point.held);
    this.order = [];
    this.cursor = 0;
    this.total = 0;
  }

  get batchSize() {
    return Math.min(this.settings.batch ?? Infinity, this.train.length);
  }

  // The indices of the next batch; a new epoch is shuffled first.
  batch() {
    if (this.cursor >= this.order.length) {
      this.order = this.train.map((_, k) => k);
      if (this.problem.shuffle) this.random.shuffle(this.order);
      this.cursor = 0;
      this.total = 0;
    }
    return this.order.slice(this.cursor, this.cursor + this.batchSize);
  }

  update() {
    if (!this.train.length) throw new Error("there are no points to learn from: add some");
    const batch = this.batch();
    this.gradient.fill(0);
    let total = 0;
    for (const k of batch) {
      const { x, y } = this.train[k];
      const loss = this.program.forward(this.theta, x, y, this.v);
      if (!Number.isFinite(loss)) throw new Error(`the loss of sample ${k} is ${loss}: is the learning rate too large?`);
      total += loss;
      this.program.backward(this.theta, x, y, this.v, this.d, this.gradient);
    }
    for (let j = 0; j < this.gradient.length; j++) this.gradient[j] /= batch.length;
    this.step();
    this.updates++;
    this.last = { loss: total / batch.length, batch };
    this.total += total;
    this.cursor += batch.length;
    if (this.cursor >= this.order.length) this.endEpoch();
  }

  // The optimizer's rule for every parameter.
  step() {
    const { theta, gradient, memory, rule, scratch } = this;
    this.before = { theta: theta.slice(), memory: memory.map((each) => each.slice()), rate: this.settings.rate, rule };
    const apply = functions[rule.function];
    const given = [scratch.theta, scratch.gradient, scratch.rate, ...(memory.length ? [scratch.memory] : []), scratch.v];
    scratch.rate[0] = this.settings.rate;
    for (let j = 0; j < theta.length; j++) {
      scratch.theta[0] = theta[j];
      scratch.gradient[0] = gradient[j];
      for (let k = 0; k < memory.length; k++) scratch.memory[k] = memory[k][j];
      apply.forward(...given);
      theta[j] = scratch.v[rule.outputs[0]];
      for (let k = 0; k < memory.length; k++) memory[k][j] = scratch.v[rule.outputs[k + 1]];
    }
  }

  endEpoch() {
    this.epoch++;
    const { epoch, loss, validation } = this.history;
    epoch.push(this.epoch);
    loss.push(this.total / this.order.length);
    validation.push(this.held.length ? this.meanLoss(this.held) : null);
  }

  meanLoss(points) {
    let total = 0;
    for (const { x, y } of points) total += this.program.forward(this.theta, x, y, this.v);
    return total / points.length;
  }

  // What the network gives; of several outputs the list.
  predict(x) {
    const single = this.predictor.forward(this.theta, x, this.inside);
    return this.problem.outputs.length > 1 ? this.problem.outputs.map((k) => this.inside[k]) : single;
  }
}
