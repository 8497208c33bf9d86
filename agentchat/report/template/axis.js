// The axis that timeline and curves share: by time or by event, the whole or a stretch of it.

const axis = { by: "time", from: 0, to: 1, width: 600 };
const GUTTER = 118;
const MARGIN = 14;
const CLOCK = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]; // steps in seconds

function axisWhole() {
  const ends = RUNS.map((run) => (axis.by === "time" ? run.times[run.last - 1] : run.last));
  return [
    axis.by === "time" ? 0 : 0.5,
    Math.max(...ends) * (axis.by === "time" ? 1.01 : 1) + (axis.by === "time" ? 0.000001 : 0.5),
  ];
}

function fitAxis() {
  [axis.from, axis.to] = axisWhole();
}

/** Where an event stands on the axis. */
function spot(run, seq) {
  return axis.by === "time" ? run.time(seq) : seq;
}

function across(value) {
  return GUTTER + ((value - axis.from) / (axis.to - axis.from)) * (axis.width - GUTTER - MARGIN);
}

function valueAt(x) {
  return axis.from + ((x - GUTTER) / (axis.width - GUTTER - MARGIN)) * (axis.to - axis.from);
}

function inside(x) {
  return Math.max(GUTTER, Math.min(axis.width - MARGIN, x));
}

/** Zoom by a factor about the middle, or about a place. */
function zoom(factor, about = (axis.from + axis.to) / 2) {
  const [least, most] = axisWhole();
  const span = Math.min(most - least, Math.max((most - least) / 20000, (axis.to - axis.from) * factor));
  const share = (about - axis.from) / (axis.to - axis.from);
  const from = Math.max(least, Math.min(most - span, about - span * share));
  showStretch(from, from + span);
}

function showStretch(from, to) {
  [axis.from, axis.to] = [from, to];
  drawCharts();
}

function ticks() {
  const span = axis.to - axis.from;
  const most = Math.max(2, Math.floor((axis.width - GUTTER) / 110));
  const raw = span / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const clock = axis.by === "time" && raw > 5;
  let step = (clock ? CLOCK : [1, 2, 5, 10].map((one) => one * power)).find((one) => one >= raw) || CLOCK.at(-1);
  if (axis.by === "events") step = Math.max(1, Math.round(step));
  const out = [];
  for (let at = Math.ceil(axis.from / step) * step; at <= axis.to && out.length < 50; at += step) out.push(at);
  return out;
}

function tickText(value) {
  return axis.by === "time" ? seconds(value) : `#${Math.round(value)}`;
}

function drawTicks(svg, height, labels) {
  for (const value of ticks()) {
    const x = across(value);
    svg.append(s("line", { class: "grid", x1: x, x2: x, y1: labels ? 16 : 0, y2: height }));
    if (labels) svg.append(s("text", { class: "tick", x, y: 11, "text-anchor": "middle" }, tickText(value)));
  }
}

/** Drag over a chart to look at a stretch; click to choose; double click for the whole. */
function dragging(svg) {
  let start = null;
  let shade = null;
  const at = (event) => inside(event.clientX - svg.getBoundingClientRect().left);
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && event.clientX - svg.getBoundingClientRect().left > GUTTER) start = at(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const x = at(event);
    if (!shade && Math.abs(x - start) > 4) {
      shade = s("rect", { class: "shade", y: 0, height: svg.getAttribute("height") });
      svg.append(shade);
      svg.setPointerCapture(event.pointerId);
    }
    if (shade) {
      shade.setAttribute("x", Math.min(x, start));
      shade.setAttribute("width", Math.abs(x - start));
    }
  });
  svg.addEventListener("pointerup", (event) => {
    const dragged = shade;
    const [from, to] = [start, at(event)].sort((a, b) => a - b);
    start = shade = null;
    if (dragged) showStretch(valueAt(from), valueAt(to));
  });
  svg.addEventListener("pointercancel", () => (start = shade = null));
  svg.addEventListener("dblclick", () => (fitAxis(), drawCharts()));
}

function tipAt(event, ...nodes) {
  const tip = byId("tip");
  if (!nodes.length) {
    tip.hidden = true;
    return;
  }
  tip.replaceChildren(...nodes);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, event.clientX + 14))}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 12 : event.clientY + 18}px`;
}
