// The labels on the edges, local × upstream = contribution, each in a place of its own.

const LABEL_HEIGHT = 16;

function product(label, { step, place, local, upstream, amount }, at) {
  const hidden = (kind) => at === step && hides(step, kind, place);
  const factors = `${hidden("local") ? "?" : short(local)} × ${short(upstream)} = `;
  const contribution = hidden("amount") ? "?" : short(amount);
  if (label.textContent === factors + contribution) return;
  label.replaceChildren(factors, make("tspan", { class: "gradient" }, contribution));
}

// A label lies where the layout kept room for it; but it does so for the numbers of Python, and
// not everywhere: so else somewhere along its edge, where it covers no node and no other label. The
// active edges choose first. Where there is no room on the edge, a label of this step goes aside,
// with a thin line to its edge; one of a step before is not shown.
function placeLabels() {
  const taken = drawn.layout.boxes.map(({ node, at: [x, y], size: [width, height] }) =>
    drawn.nodes[node]?.mark.textContent
      ? rectangle(x, y - 10, Math.max(width, 150), height + 24)
      : rectangle(x, y, width, height));
  for (const { frame, at, size } of drawn.layout.frames) // a slab, or a frame's name
    taken.push(collapsed.has(frame)
      ? rectangle(...at, ...size)
      : rectangle(at[0] - size[0] / 2 + 50, at[1] - size[1] / 2 + 11, 100, 18));
  taken.push(...outside(drawn.layout));
  const isActive = ({ label }) => label.classList.contains("flowing");
  const shown = drawn.edges.filter(({ label }) => label.textContent).sort((a, b) => isActive(b) - isActive(a));
  const free = ([x, y], width) => {
    const place = rectangle(x, y, width, LABEL_HEIGHT);
    return taken.some((other) => overlap(place, other)) ? null : place;
  };
  for (const { leader } of drawn.edges) leader.setAttribute("d", "");
  shown.forEach((edge) => {
    const letter = drawn.digit * (isActive(edge) ? 1 : 0.87); // the others are thinner
    const width = (edge.label.textContent.length + 1) * letter;
    let at = edge.places.find((point) => free(point, width));
    if (!at && !isActive(edge)) return show("", edge.label);
    if (!at) {
      const middle = edge.places.at(-1);
      at = around(middle).find((point) => free(point, width)) ?? middle;
      edge.leader.setAttribute("d", `M${middle}L${at}`);
    }
    taken.push(rectangle(...at, width, LABEL_HEIGHT));
    edge.label.setAttribute("x", at[0]);
    edge.label.setAttribute("y", at[1] + 4); // of the line on which the letters stand
  });
}

const rectangle = (x, y, width, height) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2];

// What lies around the picture, where a label might be out of sight.
function outside({ size: [width, height], shift: [left, top] }) {
  const far = 1e5;
  return [
    [-far, -far, -left, far], [width - left, -far, far, far],
    [-far, -far, far, -top], [-far, height - top, far, far],
  ];
}

const overlap = ([left, top, right, bottom], [otherLeft, otherTop, otherRight, otherBottom]) =>
  left < otherRight && otherLeft < right && top < otherBottom && otherTop < bottom;

// Where an edge's label may lie: where the layout has kept room for it, on the line, beside it. The
// last is the line's middle.
function placesAlong(line, reserved) {
  const length = line.getTotalLength();
  const shares = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
  const points = shares.map((share) => line.getPointAtLength(share * length));
  const along = [0, -1, 1, -2, 2].flatMap((aside) => points.map(({ x, y }) => [x, y + aside * LABEL_HEIGHT]));
  return [...(reserved ? [[reserved[0], reserved[1] - 7]] : []), ...along, [points[0].x, points[0].y]];
}

// Points on wider and wider rings.
function around([x, y]) {
  const rings = Array.from({ length: 60 }, (_, k) => 12 * (k + 1));
  const angles = Array.from({ length: 16 }, (_, k) => (k * Math.PI) / 8);
  return rings.flatMap((radius) =>
    angles.map((angle) => [x + 2 * radius * Math.cos(angle), y + radius * Math.sin(angle)]));
}
