// Where a NaN was born: the first number that is none, made of numbers that are. A constant that is
// NaN has no node of its own: the gate that reads it counts.

function births({ data, arriving, gradient }) {
  const is = Number.isNaN;
  const operands = (k) => nodes[k].operands ?? [];
  const read = (k) => operands(k).filter((operand) => !nodes[operand].constant).map((operand) => data[operand]);
  const sound = ({ k, upstream }) => ![upstream, data[k], ...read(k)].some(is);
  return {
    value: nodes.map((_, k) => is(data[k]) && !read(k).some(is)),
    gradient: nodes.map((_, k) => is(gradient?.[k]) && // 0 × inf, or inf - inf when they are summed
      (arriving[k].some((each) => is(each.amount) && sound(each)) || !arriving[k].some((each) => is(each.amount)))),
  };
}

// What the picture writes above a node.
function birthMark(k, { value, gradient }) {
  if (pass.born.value[k] && value[k] !== null) return "nan begins here";
  if (pass.born.gradient[k] && Number.isNaN(gradient[k])) return "nan gradient begins here";
  return "";
}
