// Each measure over the sessions: points with their intervals, and the band inside which there is no clear change.
import uPlot from "../vendor/uPlot.esm.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draw, beneath the line, the band of error and the first value; above it, each point's interval. */
function underlay(data) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (data.band) {
      const top = plot.valToPos(data.band[1], "y", true);
      const bottom = plot.valToPos(data.band[0], "y", true);
      ctx.fillStyle = colour("--band");
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    }
    if (data.baseline !== null) {
      const y = plot.valToPos(data.baseline, "y", true);
      ctx.strokeStyle = colour("--soft");
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  };
}

function intervals(data) {
  return (plot) => {
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = colour("--hip");
    ctx.lineWidth = 1.5 * devicePixelRatio;
    data.at_s.forEach((at, k) => {
      if (data.lo[k] === null || data.hi[k] === null) return;
      const x = plot.valToPos(at, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, plot.valToPos(data.lo[k], "y", true));
      ctx.lineTo(x, plot.valToPos(data.hi[k], "y", true));
      ctx.stroke();
    });
    ctx.restore();
  };
}

function range(data) {
  const values = [...data.value, ...data.lo, ...data.hi, ...(data.band ?? [])].filter((one) => one !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low) * 0.08 || 1;
  return [low - room, high + room];
}

function draw(place, data) {
  const ink = colour("--ink");
  const grid = { stroke: colour("--grid"), width: 1 };
  const font = "14px system-ui, sans-serif";
  const unit = data.unit === "°" ? "°" : "";
  const [low, high] = range(data);
  const [first, last] = [data.at_s[0], data.at_s.at(-1)];
  const room = (last - first) * 0.06 || 43200;
  const day = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { day: "numeric", month: "short" });
  const plot = new uPlot({
    width: Math.max(place.clientWidth, 240),
    height: 224,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true, range: [first - room, last + room] }, y: { range: [low, high] } },
    axes: [
      { stroke: ink, grid: { show: false }, font, values: (_plot, ticks) => ticks.map((at) => day.format(at * 1000)), space: 80 },
      { stroke: ink, grid, font, size: 56, values: (_plot, ticks) => ticks.map((one) => `${String(one).replace("-", "−")}${unit}`) },
    ],
    series: [{}, { stroke: colour("--hip"), width: 2.2, points: { show: true, size: 9, fill: colour("--paper"), stroke: colour("--hip") } }],
    hooks: { drawAxes: [underlay(data)], draw: [intervals(data)] },
  }, [data.at_s, data.value], place);
  return plot;
}

const source = document.getElementById("chart-data");
const charts = source ? JSON.parse(source.textContent) : [];
const drawn = new Map();

function drawAll() {
  for (const data of charts) {
    const place = document.querySelector(`[data-chart="${CSS.escape(data.name)}"]`);
    if (!place) continue;
    drawn.get(data.name)?.destroy();
    drawn.set(data.name, draw(place, data));
  }
}

drawAll();
function fit() {
  for (const [name, plot] of drawn) {
    const place = document.querySelector(`[data-chart="${CSS.escape(name)}"]`);
    plot.setSize({ width: Math.max(place.clientWidth, 240), height: 224 });
  }
}
addEventListener("resize", fit);
// What is folded away has no width before it is opened.
document.addEventListener("toggle", fit, true);
// Light and dark: colours are read once, so everything is drawn anew.
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
