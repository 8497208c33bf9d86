// Who said what to whom: a lifeline for each name, an arrow for each message, from top to bottom.

const STEP = 38;

/** Where the lifelines stand. They move closer where there are many. */
function lanesOf(run) {
  const seen = new Set();
  for (const seq of app.rows) {
    seen.add(run.who[seq - 1]);
    for (const target of targetsOf(run, seq)) seen.add(target);
  }
  seen.delete(-1);
  const people = [...seen].filter((number) => number >= run.agents.length);
  const order = [...people, ...[...seen].filter((number) => number < run.agents.length).sort((a, b) => a - b)];
  const room = Math.max(180, byId("list").clientWidth * (innerWidth < 700 ? 0.62 : 0.5));
  const gap = Math.max(26, Math.min(120, room / Math.max(1, order.length)));
  const lanes = new Map(order.map((number, place) => [number, gap * (place + 0.5)]));
  return { lanes, order, gap, width: gap * Math.max(1, order.length) };
}

/** Who a message went to: the addressee, else those who were given a turn on it. */
function targetsOf(run, seq) {
  const event = run.event(seq);
  if (event.kind !== "said") return [];
  if (event.to) return [run.number(event.to)].filter((number) => number >= 0);
  return [...new Set(run.receivers.get(seq) || [])];
}

function sequenceHeads(run) {
  const { lanes, order, gap, width } = app.lanes;
  const names = order.map((number) => {
    const head = h(
      "div",
      {
        class: "lane-head",
        vars: { "--hue": hue(number), "--x": `${lanes.get(number)}px`, "--gap": `${gap}px` },
        title: run.names[number],
      },
      face(run, number),
    );
    if (gap >= 56) head.append(h("span", {}, visible(run.names[number])));
    return head;
  });
  return h("div", { class: "lane-heads", vars: { "--width": `${width}px` } }, names);
}

function sequenceRow(run, seq) {
  const event = run.event(seq);
  const words = wordsOf(run, seq);
  const drawing = s("svg", { class: "drawing", width: app.lanes.width, height: STEP, "aria-hidden": "true" });
  for (const x of app.lanes.lanes.values())
    drawing.append(s("line", { class: "lifeline", x1: x, x2: x, y1: 0, y2: STEP }));
  if (event.kind === "said") drawMessage(run, seq, event, drawing);
  else if (event.kind === "run_started" || event.kind === "closed")
    drawing.append(
      s("line", { class: `across ${words.tone}`, x1: 0, x2: app.lanes.width, y1: STEP / 2, y2: STEP / 2 }),
    );
  else drawAct(run, seq, event, words, drawing);
  return rowOf(run, seq, "step", words, drawing, stepText(run, seq, event, words));
}

function stepText(run, seq, event, words) {
  const names = [h("span", { class: "name" }, said(run.name(seq)))];
  if (event.kind === "said") {
    const targets = targetsOf(run, seq).map((number) => run.names[number]);
    const others = run.routes(event) ? "" : " → everyone";
    names.push(h("span", { class: "to" }, targets.length ? ` → ${targets.join(", ")}` : others));
  }
  const what = event.kind === "said" ? oneLine(spoken(run.body(event))) : words.line;
  return h(
    "div",
    { class: "step-text" },
    run.name(seq) && event.kind !== "closed"
      ? h(
          "div",
          { class: "step-names" },
          names,
          event.kind === "said" ? null : [" ", h("span", { class: `pill ${words.tone}` }, words.name)],
        )
      : h("div", { class: "step-names" }, h("span", { class: `pill ${words.tone}` }, words.name)),
    h("div", { class: "step-what", dir: "auto" }, said(what)),
    placeMark(run, seq),
  );
}

function drawMessage(run, seq, event, drawing) {
  const { lanes } = app.lanes;
  const from = lanes.get(run.who[seq - 1]);
  if (from === undefined) return;
  const y = STEP / 2;
  const targets = targetsOf(run, seq);
  for (const [number, x] of lanes) {
    const hears = !event.to && number !== run.who[seq - 1] && !targets.includes(number);
    if (hears) drawing.append(s("circle", { class: "hears", cx: x, cy: y, r: 2.5 }));
  }
  for (const target of targets) {
    const to = lanes.get(target);
    if (to === undefined) continue;
    if (to === from)
      drawing.append(s("path", { class: "arrow", d: `M${from} ${y - 7}h14v14h-9` }), head(from + 2, y + 7, -1));
    else {
      const way = Math.sign(to - from);
      drawing.append(
        s("line", { class: "arrow", x1: from, x2: to - way * 6, y1: y, y2: y }),
        head(to - way * 1, y, way),
      );
    }
  }
  drawing.append(s("circle", { class: "says", cx: from, cy: y, r: 4.5 }));
}

function head(x, y, way) {
  return s("path", { class: "arrow-head", d: `M${x} ${y}l${-8 * way} -4.5v9z` });
}

/** What an agent did that is no message: a call, a refusal, a question. */
function drawAct(run, seq, event, words, drawing) {
  const x = app.lanes.lanes.get(run.who[seq - 1]);
  if (x === undefined) return;
  const call = run.callAt.get(seq);
  const style = call && call.status !== "denied" ? `act mark-${call.kind}` : `act act-${words.tone || "quiet"}`;
  drawing.append(s("rect", { class: style, x: x - 6, y: STEP / 2 - 6, width: 12, height: 12, rx: 3 }));
}

/** What a message says beside whom it names, which the arrow shows. */
function spoken(body) {
  return body.kind === "direction" || body.kind === "handoff" ? body.instruction || body.reason || "" : bodyText(body);
}
