// The timeline: for each agent its turns as bands and its calls as bars; those that went on at once, side by side.

const BAR = 14;
const GAP = 3;
const DEEPEST = 8; // bars that stand side by side at most; further ones share the last place

/** The agents that did something, with their calls each in a row of its own where they overlap. */
function timelineLanes(run) {
  if (run.laid) return run.laid;
  const found = new Map();
  for (const step of run.steps) if (step.given) laneFor(run, found, step.who).turns.push(step);
  for (const call of run.calls) {
    const lane = laneFor(run, found, call.agent);
    let row = lane.ends.findIndex((end) => end <= call.start);
    if (row < 0) row = Math.min(lane.ends.length, DEEPEST - 1);
    lane.ends[row] = call.end || run.last;
    lane.calls.push({ call, row });
  }
  run.laid = [...found.values()].sort((a, b) => a.number - b.number);
  return run.laid;
}

function laneFor(run, found, name) {
  if (!found.has(name)) found.set(name, { name, number: run.number(name), turns: [], calls: [], ends: [] });
  return found.get(name);
}

function timeline(run) {
  const lanes = timelineLanes(run);
  const heights = lanes.map((lane) => Math.max(1, lane.ends.length) * (BAR + GAP) + 7);
  const top = 40;
  const height = top + heights.reduce((sum, one) => sum + one, 0) + 4;
  const svg = s("svg", {
    class: "timeline",
    width: axis.width,
    height,
    role: "img",
    "aria-label": `Timeline: ${many(run.calls.length, "call")} of ${many(lanes.length, "agent")} in ${seconds(run.times[run.last - 1])}. The list below holds the same.`,
  });
  drawTicks(svg, height, true);
  drawSaid(run, svg);
  let y = top;
  lanes.forEach((lane, place) => {
    svg.append(
      s("text", { class: "lane-name", x: 22, y: y + 12 }, laneName(lane.name)),
      s("circle", { class: "lane-dot", cx: 11, cy: y + 8, r: 4.5, vars: { "--hue": hue(lane.number) } }),
    );
    drawLane(run, lane, svg, y, heights[place]);
    y += heights[place];
  });
  drawEnds(run, svg, height);
  const cursor = s("line", { class: "cursor", y1: 16, y2: height });
  svg.append(cursor);
  run.cursor = cursor;
  dragging(svg);
  svg.addEventListener("click", (event) => {
    const seq = Number(event.target.dataset.seq);
    if (seq) choose(seq, { run: run.place, reveal: true, open: true });
  });
  svg.addEventListener("pointermove", (event) => timelineTip(run, event));
  svg.addEventListener("pointerleave", (event) => tipAt(event));
  return svg;
}

function laneName(name) {
  return name.length > 13 ? `${name.slice(0, 12)}…` : name;
}

/** Messages as dots above the lanes, in the colours of who spoke; what was refused or failed in red. */
function drawSaid(run, svg) {
  svg.append(s("text", { class: "lane-name quiet", x: 22, y: 33 }, "said"));
  let [last, lastBad] = [-9, false];
  for (let seq = 1; seq <= run.last; seq += 1) {
    const { kind } = run.event(seq);
    const bad = kind === "refused" || kind === "turn_failed";
    if (kind !== "said" && !bad) continue;
    const x = across(spot(run, seq));
    if (x < GUTTER || x > axis.width - MARGIN || x < last + (bad && !lastBad ? 1 : 5)) continue;
    lastBad = bad;
    last = x;
    svg.append(
      bad
        ? s("path", { class: "trouble", d: `M${x - 4} 33l4 -8l4 8z`, data: { seq } })
        : s("circle", { class: "spoke", cx: x, cy: 29, r: 4, vars: { "--hue": hue(run.who[seq - 1]) }, data: { seq } }),
    );
  }
}

function drawLane(run, lane, svg, y, height) {
  svg.append(
    s("line", { class: "lane-line", x1: GUTTER, x2: axis.width - MARGIN, y1: y + height - 3, y2: y + height - 3 }),
  );
  let last = -9;
  for (const turn of lane.turns) {
    const [from, to] = stretch(run, turn.given, turn.end);
    if (to < GUTTER || from > axis.width - MARGIN || to < last + 0.7) continue;
    last = to;
    svg.append(
      s("rect", {
        class: `turn how-${turn.how}`,
        x: inside(from),
        y: y - 1,
        width: Math.max(1.5, inside(to) - inside(from)),
        height: height - 4,
        rx: 3,
        vars: { "--hue": hue(lane.number) },
        data: { seq: turn.given },
      }),
    );
  }
  const lasts = [];
  for (const { call, row } of lane.calls) {
    const [from, to] = stretch(run, call.start, call.end);
    const bad = call.status !== "ok";
    if (to < GUTTER || from > axis.width - MARGIN || to < (lasts[row] ?? -9) + (bad ? 0.3 : 0.7)) continue;
    lasts[row] = Math.max(to, from + 2);
    const width = Math.max(call.status === "denied" ? 5 : 2.5, inside(to) - inside(from));
    svg.append(
      s("rect", {
        class: `call-bar mark-${call.kind} is-${call.status}`,
        x: inside(from),
        y: y + 1 + row * (BAR + GAP),
        width,
        height: BAR,
        rx: 2.5,
        data: { seq: call.start },
      }),
    );
  }
}

/** From where to where something goes on; what has no end goes on to the last event. */
function stretch(run, start, end) {
  return [across(spot(run, start)), across(spot(run, end || run.last))];
}

/** Where runs begin and end, and where the time of a budget is over. */
function drawEnds(run, svg, height) {
  run.events.forEach((event, place) => {
    if (event.kind !== "closed" && (event.kind !== "run_started" || event.run === 1)) return;
    const x = across(spot(run, place + 1));
    if (x >= GUTTER && x <= axis.width - MARGIN + 1)
      svg.append(
        s("line", {
          class: `border ${event.kind === "closed" ? `is-${event.outcome}` : ""}`,
          x1: x,
          x2: x,
          y1: 16,
          y2: height,
          data: { seq: place + 1 },
        }),
      );
  });
  if (axis.by !== "time") return;
  for (const curve of run.curves) {
    const x = across(curve.begun + (curve.seconds ?? NaN));
    if (x >= GUTTER && x <= axis.width - MARGIN)
      svg.append(s("line", { class: "cap", x1: x, x2: x, y1: 16, y2: height }));
  }
}

function timelineTip(run, event) {
  const seq = Number(event.target.dataset && event.target.dataset.seq);
  if (!seq) return tipAt(event);
  const call = run.callAt.get(seq);
  const words = wordsOf(run, seq);
  const name = h("strong", {}, visible(run.name(seq) || words.name));
  if (!call) return tipAt(event, name, ` ${words.name} · #${seq}`, h("div", {}, visible(oneLine(words.line, 120))));
  const [told] = CALL_STATUS[call.status];
  return tipAt(
    event,
    name,
    ` ${CALL_VERBS[call.kind]} `,
    visible(call.name),
    h("div", {}, [told, tookText(call), `#${seq}`].filter(Boolean).join(" · ")),
  );
}

function moveCursor() {
  for (const run of RUNS) {
    if (!run.cursor) continue;
    const x = app.chosen && app.run === run.place ? across(spot(run, app.chosen)) : -9;
    const seen = x >= GUTTER && x <= axis.width - MARGIN + 1;
    run.cursor.setAttribute("x1", x);
    run.cursor.setAttribute("x2", x);
    run.cursor.classList.toggle("seen", seen);
  }
}
