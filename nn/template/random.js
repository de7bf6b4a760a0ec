// Python's random numbers: the Mersenne Twister as `random.Random(seed)` runs it, so that the page
// shuffles and draws as fit() and MLP(rng=seed) do. Matsumoto & Nishimura, "Mersenne Twister",
// ACM TOMACS 1998; seeding is its authors' init_by_array.

const WORDS = 624;

class Random {
  constructor(seed) {
    this.words = new Uint32Array(WORDS);
    this.next = WORDS;
    this.spare = null; // gauss() makes two numbers at a time
    this.seed(seed >>> 0);
  }

  seed(key) {
    const words = this.words;
    words[0] = 19650218;
    for (let k = 1; k < WORDS; k++) words[k] = Math.imul(1812433253, words[k - 1] ^ (words[k - 1] >>> 30)) + k;
    let k = 1;
    const mixed = (factor) => words[k] ^ Math.imul(words[k - 1] ^ (words[k - 1] >>> 30), factor);
    const step = () => {
      if (++k < WORDS) return;
      words[0] = words[WORDS - 1];
      k = 1;
    };
    for (let times = 0; times < WORDS; times++, step()) words[k] = mixed(1664525) + key;
    for (let times = 1; times < WORDS; times++, step()) words[k] = mixed(1566083941) - k;
    words[0] = 0x80000000;
  }

  twist() {
    const words = this.words;
    for (let k = 0; k < WORDS; k++) {
      const both = (words[k] & 0x80000000) | (words[(k + 1) % WORDS] & 0x7fffffff);
      words[k] = words[(k + 397) % WORDS] ^ (both >>> 1) ^ (both & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  bits(count) {
    if (this.next === WORDS) this.twist();
    let y = this.words[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> (32 - count);
  }

  // A whole number from 0 to n - 1.
  below(n) {
    const count = 32 - Math.clz32(n);
    let drawn;
    do drawn = this.bits(count);
    while (drawn >= n);
    return drawn;
  }

  shuffle(list) {
    for (let k = list.length - 1; k > 0; k--) {
      const other = this.below(k + 1);
      [list[k], list[other]] = [list[other], list[k]];
    }
  }

  // From 0 to 1, without 1.
  unit() {
    const high = this.bits(27);
    return (high * 67108864 + this.bits(26)) / 9007199254740992;
  }

  uniform(low, high) {
    return low + (high - low) * this.unit();
  }

  gauss(mean, deviation) {
    let z = this.spare;
    this.spare = null;
    if (z === null) {
      const angle = this.unit() * 2 * Math.PI;
      const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
      z = Math.cos(angle) * radius;
      this.spare = Math.sin(angle) * radius;
    }
    return mean + z * deviation;
  }
}
