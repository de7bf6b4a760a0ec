// The loss by epochs, drawn by uPlot.

let chart = null;
const room = find("curve");

function buildCurve() {
  chart?.destroy();
  const size = `${0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize)}px system-ui, sans-serif`;
  const axis = { stroke: colors.faint, font: size, grid: { stroke: ink("cluster"), width: 1 }, ticks: { stroke: ink("cluster"), width: 1 } };
  const log = find("log").checked;
  const few = { show: (chart) => chart.data[0].length < 30 };
  const numbers = (_, splits) => splits.map((x) => (x === null ? null : short(x, 3)));
  chart = new uPlot({
    ...chartSize(),
    scales: { x: { time: false, range: (_, least, most) => [0, Math.max(10, most ?? 0)] }, y: log ? { distr: 3 } : { range: (_, least, most) => [0, (most ?? 1) * 1.05 || 1] } },
    axes: [{ ...axis, size: 30, values: numbers }, { ...axis, size: 52, values: numbers }],
    series: [
      { label: "epoch" },
      { label: "training", stroke: colors.ink, width: 2, points: few, value: (_, x) => short(x) },
      { label: "validation", stroke: ink("class1"), width: 2, dash: [6, 4], points: few, value: (_, x) => short(x) },
    ].slice(0, run.held.length ? 3 : 2),
    cursor: { drag: { x: false, y: false } },
    legend: { live: true },
  }, curveData(), room);
}

// No more points than can be seen. 0 has no logarithm.
function curveData() {
  const { epoch, loss, validation } = run.history;
  const every = Math.ceil(epoch.length / 3000);
  const some = (list) => (every > 1 ? list.filter((_, k) => k % every === 0) : list);
  const shown = find("log").checked ? (x) => (x > 0 ? x : null) : (x) => x;
  return [epoch, loss, ...(run.held.length ? [validation] : [])].map((list, k) => some(list).map(k ? shown : (x) => x));
}

function chartSize() {
  const legend = 2.1 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { width: room.clientWidth, height: Math.max(120, room.clientHeight - legend) };
}

const drawCurveOfLoss = () => chart.setData(curveData());
