// Layers as frames: one that is collapsed is a slab, and the picture moves together.

const collapsed = new Set();
const SLAB = 130; // what is left of a frame's length
const GAP = 64; // and of a gap that it leaves beside the nodes that are still there

// A layout without the room of the frames that are collapsed: along the layout's direction, in
// which frames lie one after the other, each becomes a slab; across it gaps close. Lines into a
// slab go on below it.
function squeezed(layout) {
  if (!collapsed.size) return layout;
  const along = layout.direction === "LR" ? 0 : 1;
  const closed = layout.frames.filter(({ frame, size }) => collapsed.has(frame) && size[along] > SLAB);
  const shrinks = [];
  shrinks[along] = closed.map((frame) => [...reach(frame, along), SLAB]);
  shrinks[1 - along] = gaps(layout, 1 - along);
  const move = (x, axis) => shrinks[axis].reduce((moved, [low, high, kept]) =>
    moved - (Math.min(high, Math.max(low, x)) - low) * (1 - kept / (high - low)), x);
  const point = (at) => at.map(move);
  const points = (text) => text.replace(/(-?[\d.]+),(-?[\d.]+)/g, (_, x, y) => point([Number(x), Number(y)]).join());
  const isHidden = (k) => collapsed.has(nodes[k].frame);
  const within = ({ from, to }) => isHidden(to) && (nodes[from].constant || nodes[from].frame === nodes[to].frame);
  return {
    ...layout,
    size: layout.size.map((size, axis) => shrinks[axis].reduce((sum, [low, high, kept]) => sum + kept - (high - low), size)),
    boxes: shownBoxes(layout).map((box) => ({ ...box, at: point(box.at) })),
    edges: layout.edges.filter((edge) => !within(edge)).map((edge) => ({
      ...edge, line: points(edge.line), head: points(edge.head), label: edge.label && point(edge.label),
    })),
    frames: layout.frames.map((frame) => {
      const spans = [0, 1].map((axis) => reach(frame, axis).map((x) => move(x, axis)));
      return { ...frame, at: middle(spans), size: spans.map(([low, high]) => high - low) };
    }),
  };
}

const reach = ({ at, size }, axis) => [at[axis] - size[axis] / 2, at[axis] + size[axis] / 2];
const shownBoxes = ({ boxes }) => boxes.filter(({ frame }) => !collapsed.has(frame));

// Where nothing is left, from edge to edge, and how much of that is kept.
function gaps(layout, axis) {
  const all = [...layout.boxes, ...layout.frames].map((each) => reach(each, axis));
  const open = layout.frames.filter(({ frame }) => !collapsed.has(frame));
  const taken = [...shownBoxes(layout), ...open].map((each) => reach(each, axis)).sort(([a], [b]) => a - b);
  const found = [];
  let end = Math.min(...all.map(([low]) => low));
  for (const [low, high] of [...taken, [Math.max(...all.map((span) => span[1])), -Infinity]]) {
    if (low - end > GAP + 20) found.push([end + 10, low - 10, GAP]);
    end = Math.max(end, high);
  }
  return found;
}

// The first frames are collapsed where that makes the picture fit its window, and be read.
function collapseToFit() {
  for (const frame of computation.frames.keys()) {
    if (isReadable(chooseLayout())) return;
    collapsed.add(frame);
  }
  if (!isReadable(chooseLayout())) collapsed.clear();
}

// A frame lies below the edges, a slab above them.
function drawFrame({ frame, at: [x, y], size: [width, height] }) {
  const isSlab = collapsed.has(frame);
  const [left, top] = [x - width / 2, y - height / 2];
  const group = make("g", {
    class: `frame${isSlab ? " slab" : ""}`, id: `frame-${frame}`, role: "button", tabindex: "0",
    "aria-expanded": String(!isSlab), "aria-label": `${computation.frames[frame]}, ${isSlab ? "expand" : "collapse"}`,
  });
  const sign = isSlab ? "▸" : "▾";
  const place = isSlab ? { x, y: y - 2 } : { x: left + 8, y: top + 16, style: "text-anchor: start" };
  group.append(
    make("rect", { class: "area", x: left, y: top, width, height, rx: 10 }),
    make("text", { class: "name", ...place }, `${sign} ${cut(computation.frames[frame], isSlab ? 13 : 40)}`),
  );
  if (isSlab) {
    const count = nodes.filter((node) => node.frame === frame).length;
    group.append(make("text", { class: "count", x, y: y + 16 }, `${count} nodes`));
  }
  group.addEventListener("click", () => svg.classList.contains("dragged") || toggleFrame(frame));
  group.addEventListener("keydown", (event) => event.key === "Enter" && toggleFrame(frame, true));
  return group;
}

function toggleFrame(frame, focus = false) {
  if (!collapsed.delete(frame)) collapsed.add(frame);
  draw(chooseLayout());
  update();
  look();
  if (focus) find(`frame-${frame}`).focus();
}

// A slab is marked where the step is inside.
function paintFrames({ active, flowing }) {
  const inside = new Set([active, ...flowing.map(({ operand }) => operand)].map((k) => nodes[k]?.frame));
  for (const { frame } of drawn.layout.frames)
    find(`frame-${frame}`).classList.toggle("active", collapsed.has(frame) && inside.has(frame));
}
