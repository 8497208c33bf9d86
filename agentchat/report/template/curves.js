// How tokens, money and calls added up, against the caps that stood. What was not reported is said, never drawn as none.

const TALL = 58;
const POINT = { tokens: [3, 5], usd: [4, 6], calls: [2, 0] }; // where a point holds what is booked, and what is set aside
const TITLE = { tokens: "tokens", usd: "cost", calls: "model calls" };

function amount(unit, value) {
  return unit === "usd" ? dollars(value) : Math.round(value).toLocaleString("en-US");
}

/** The same where there is little room. */
function short(unit, value) {
  if (unit === "usd" || value < 1e7) return amount(unit, value);
  return Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 4 }).format(value);
}

/** The units that are worth a curve: all that were used or capped. */
function curveUnits(run) {
  if (!run.curves.some((curve) => curve.points.some((point) => point[2]))) return [];
  const capped = (unit) => run.curves.some((curve) => curve[unit] !== undefined);
  return ["tokens", "usd", "calls"].filter((unit) => unit === "tokens" || unit === "usd" || capped(unit));
}

function curveChart(run, unit) {
  const [at, held] = POINT[unit];
  const most = Math.max(
    0,
    ...run.curves.flatMap((curve) => curve.points.map((point) => point[at] + (held ? point[held] : 0))),
  );
  const unknown = unit === "calls" ? null : unit === "tokens" ? "unmeasured" : "unpriced";
  const partly = unknown && run.curves.some((curve) => curve[unknown] !== undefined);
  const svg = s("svg", {
    class: "curve",
    width: axis.width,
    height: most ? TALL : 26,
    role: "img",
    "aria-label": curveLabel(run, unit, partly),
  });
  svg.append(s("text", { class: "lane-name", x: 8, y: most ? 20 : 17 }, TITLE[unit]));
  if (!most) {
    svg.append(s("text", { class: "unknown", x: GUTTER, y: 17 }, unknownText(run, unit, partly)));
    return svg;
  }
  const caps = run.curves.map((curve) => curve[unit]).filter((cap) => cap !== undefined);
  const shown = Math.max(most, ...caps.filter((cap) => cap <= most * 5)) * 1.08;
  const up = (value) => TALL - 5 - (value / shown) * (TALL - 14);
  drawTicks(svg, TALL, false);
  for (const [place, curve] of run.curves.entries()) drawCurve(run, svg, unit, curve, place, up, shown, unknown);
  svg.append(s("line", { class: "lane-line", x1: GUTTER, x2: axis.width - MARGIN, y1: TALL - 5, y2: TALL - 5 }));
  svg.append(s("text", { class: "curve-value", x: 8, y: 36 }, lastText(run, unit)));
  svg.append(s("text", { class: "curve-cap", x: 8, y: 50 }, capText(run, unit, partly)));
  dragging(svg);
  svg.addEventListener("pointermove", (event) => curveTip(run, unit, event, svg));
  svg.addEventListener("pointerleave", (event) => tipAt(event));
  return svg;
}

function drawCurve(run, svg, unit, curve, place, up, shown, unknown) {
  if (!curve.points.length) return;
  const [at, held] = POINT[unit];
  const next = run.curves[place + 1];
  const end = inside(across(next ? spot(run, next.since) : spot(run, run.last)));
  const begin = inside(across(spot(run, curve.since)));
  if (curve[unit] !== undefined && curve[unit] <= shown)
    svg.append(s("line", { class: "cap", x1: begin, x2: end, y1: up(curve[unit]), y2: up(curve[unit]) }));
  const points = thinned(run, curve.points);
  const line = (value) =>
    points.reduce(
      (path, point) => `${path}H${point.x.toFixed(1)}V${up(value(point.of)).toFixed(1)}`,
      `M${begin} ${up(value(points[0].of))}`,
    ) + `H${end}`;
  if (held)
    svg.append(s("path", { class: "held", d: `${line((point) => point[at] + point[held])}V${up(0)}H${begin}Z` }));
  svg.append(
    s("path", { class: "area", d: `${line((point) => point[at])}V${up(0)}H${begin}Z` }),
    s("path", { class: "sum", d: line((point) => point[at]) }),
  );
  if (unknown && curve[unknown] !== undefined) {
    const x = inside(across(spot(run, curve[unknown])));
    svg.append(s("line", { class: "unsure", x1: x, x2: end, y1: TALL - 5, y2: TALL - 5 }));
  }
}

/** The points that can be told apart on the screen. */
function thinned(run, points) {
  const out = [];
  for (const of of points) {
    const x = inside(across(spot(run, of[0])));
    const last = out.at(-1);
    if (last && x - last.x < 0.5) last.of = of;
    else out.push({ x, of });
  }
  return out;
}

function lastPoint(run) {
  return run.curves.at(-1).points.at(-1);
}

function lastText(run, unit) {
  return short(unit, lastPoint(run)[POINT[unit][0]]);
}

/** The cap; and where not all was reported, that the sum is what was counted. */
function capText(run, unit, partly) {
  const { [unit]: cap, per } = run.curves.at(-1);
  const counted = partly ? "counted, " : "";
  if (cap === undefined) return `${counted}no cap`;
  return `${counted}of ${short(unit, cap)}${per === "conversation" ? " in all" : ""}`;
}

function unknownText(run, unit, partly) {
  const cap = run.curves.at(-1)[unit];
  const known = unit === "usd" ? "cost unknown" : "tokens not reported";
  return `${partly ? known : unit === "usd" ? "$0" : "none"}${cap === undefined ? "" : `, ${capText(run, unit)}`}`;
}

function curveLabel(run, unit, partly) {
  return `${TITLE[unit]}: ${run.curves.length ? `${lastText(run, unit)}, ${capText(run, unit)}` : "none"}${partly ? "; not all calls reported theirs" : ""}`;
}

function curveTip(run, unit, event, svg) {
  const value = valueAt(event.clientX - svg.getBoundingClientRect().left);
  let found = null;
  for (const curve of run.curves)
    for (const point of curve.points) if (spot(run, point[0]) <= value) found = { curve, point };
  if (!found || value < axis.from) return tipAt(event);
  const [at, held] = POINT[unit];
  const aside = held && found.point[held] ? `, ${amount(unit, found.point[held])} set aside` : "";
  const cap = found.curve[unit] === undefined ? "" : ` of ${amount(unit, found.curve[unit])}`;
  return tipAt(event, h("strong", {}, `${amount(unit, found.point[at])}${cap}`), `${aside} · after #${found.point[0]}`);
}

/** Timelines and curves of all runs, drawn anew. */
function drawCharts() {
  const box = byId("charts");
  axis.width = Math.max(320, box.clientWidth - (innerWidth < 700 ? 20 : 34));
  tipAt(null);
  const panels = RUNS.map((run) => [
    RUNS.length > 1
      ? h("div", { class: "chart-of" }, h("span", { class: "run-letter" }, "AB"[run.place]), " ", visible(run.label))
      : null,
    timeline(run),
    curveUnits(run).map((unit) => curveChart(run, unit)),
  ]);
  const kinds = [
    ["model", "model"],
    ["code", "code"],
    ["tool", "tool"],
    ["ask", "question"],
  ];
  const used = kinds.filter(([kind]) => RUNS.some((run) => run.calls.some((call) => call.kind === kind)));
  const bad = RUNS.some((run) => run.calls.some((call) => !["ok", "open"].includes(call.status)));
  box.replaceChildren(
    h(
      "div",
      { class: "charts-head" },
      h("h2", {}, "Timeline"),
      h(
        "div",
        { class: "legend" },
        used.map(([kind, name]) =>
          h("span", {}, h("span", { class: `mark mark-${kind}`, "aria-hidden": "true" }), name),
        ),
        bad ? h("span", {}, h("span", { class: "mark mark-bad", "aria-hidden": "true" }), "not as wanted") : null,
        sumLegend(),
      ),
      h(
        "div",
        { class: "charts-tools" },
        axisButton("time", "by time"),
        axisButton("events", "by event"),
        button({ class: "small", title: "Closer", "aria-label": "Closer", onclick: () => zoom(0.5) }, "+"),
        button({ class: "small", title: "Further away", "aria-label": "Further away", onclick: () => zoom(2) }, "−"),
        button({ class: "small", onclick: () => (fitAxis(), drawCharts()) }, "whole"),
      ),
    ),
    ...panels.flat(2).filter(Boolean),
  );
  moveCursor();
}

/** What the lines of the curves stand for, as far as there are any. */
function sumLegend() {
  const points = RUNS.flatMap((run) => run.curves.flatMap((curve) => curve.points));
  const capped = RUNS.some((run) =>
    run.curves.some((curve) => ["tokens", "usd", "calls"].some((unit) => curve[unit] !== undefined)),
  );
  return [
    points.some((point) => point[3] || point[4])
      ? h("span", {}, h("span", { class: "key-sum", "aria-hidden": "true" }), "spent")
      : null,
    points.some((point) => point[5] || point[6])
      ? h("span", {}, h("span", { class: "key-held", "aria-hidden": "true" }), "set aside")
      : null,
    capped ? h("span", {}, h("span", { class: "key-cap", "aria-hidden": "true" }), "cap") : null,
  ];
}

function axisButton(by, name) {
  return button(
    {
      class: "small",
      "aria-pressed": String(axis.by === by),
      onclick: () => ((axis.by = by), fitAxis(), drawCharts()),
    },
    name,
  );
}
