// Two runs side by side: each row holds a turn of one and the turn of the other that stands for it.

function sideRow(pair, place) {
  const first = firstDifference();
  const differs = pair.differs || [];
  const cells = [sideCell(RUNS[0], pair.a, 0, differs.length > 0), sideCell(RUNS[1], pair.b, 1, differs.length > 0)];
  const row = h(
    "article",
    {
      class: `pair${differs.length ? " differs" : ""}${place === app.pair ? " chosen" : ""}${place === first ? " first" : ""}`,
      tabindex: "-1",
      "aria-label": `Step ${place + 1}${differs.length ? `, differs in ${differs.join(", ")}` : ", alike"}`,
    },
    h(
      "div",
      { class: "pair-mark" },
      h("span", { class: "pair-place" }, String(place + 1)),
      differs.length
        ? h(
            "span",
            { class: "pair-why" },
            place === first ? h("strong", {}, "first difference: ") : null,
            differs.join(" · "),
          )
        : null,
    ),
    cells,
  );
  if (differs.includes("text")) markDiffering(row, ...cells.map((cell) => cell.querySelector(".side-body")));
  return row;
}

/** A step of one run: in full where the runs differ, else its first line. */
function sideCell(run, index, place, differs) {
  if (index === undefined) return h("div", { class: "side none", "aria-label": "nothing here" }, "—");
  const step = run.steps[index];
  const seq = step.end && ["said", "failed"].includes(step.how) ? step.end : step.given || step.end;
  const event = run.event(seq);
  const calls = step.given ? callsOfTurn(run, step.given) : [];
  return h(
    "div",
    {
      class: `side how-${step.how}${app.chosen === seq && app.run === place ? " chosen" : ""}`,
      tabindex: "0",
      role: "button",
      data: { seq, run: place },
      "aria-label": `Event ${seq} of run ${"AB"[place]}, ${step.who}`,
      vars: { "--hue": hue(run.number(step.who)) },
      onclick: (click) => click.target.closest("button") || choose(seq, { run: place, open: true }),
      onkeydown: (key) =>
        key.key === "Enter" && key.target === key.currentTarget && choose(seq, { run: place, open: true }),
    },
    h(
      "div",
      { class: "message-head" },
      face(run, run.number(step.who)),
      h("span", { class: "name" }, visible(step.who)),
      step.how === "said" ? null : h("span", { class: "pill odd" }, HOW[step.how]),
      placeMark(run, seq),
    ),
    event.kind === "said" && differs
      ? h("div", { class: "side-body" }, bodyNodes(`${place}:${seq}`, run.body(event)))
      : h("p", { class: "side-line" }, said(wordsOf(run, seq).line)),
    calls.length ? h("div", { class: "side-calls" }, sideCalls(calls)) : null,
  );
}

const HOW = { passed: "nothing to say", failed: "failed", cancelled: "stopped", open: "not ended" };

function callsOfTurn(run, turn) {
  if (!run.byTurn) {
    run.byTurn = new Map();
    for (const call of run.calls) run.listed(run.byTurn, call.turn).push(call);
  }
  return run.byTurn.get(turn) || [];
}

function sideCalls(calls) {
  const time = calls.reduce((sum, call) => sum + (call.over === undefined ? 0 : call.over - call.begun), 0);
  const known = calls.filter((call) => call.input !== undefined && call.output !== undefined);
  const tokens = known.reduce((sum, call) => sum + call.input + call.output, 0);
  const paid = calls.filter((call) => call.usd !== undefined);
  const out = [many(calls.length, "call"), seconds(time)];
  if (known.length) out.push(many(tokens, "token"));
  if (paid.length) out.push(dollars(paid.reduce((sum, call) => sum + call.usd, 0)));
  return out.join(" · ");
}

function firstDifference() {
  return PAIRS.findIndex((pair) => (pair.differs || []).length);
}

function pairsShown() {
  if (!filtered()) return PAIRS;
  const stepPasses = (run, index) => {
    if (index === undefined) return false;
    const { given, end } = run.steps[index];
    return passes(run, end || given, given && end ? given : 0);
  };
  return PAIRS.filter((pair) => stepPasses(RUNS[0], pair.a) || stepPasses(RUNS[1], pair.b));
}

function sideHeads() {
  return h(
    "div",
    { class: "pair pair-heads" },
    h("div", { class: "pair-mark" }),
    RUNS.map((run, place) =>
      h("div", { class: "side" }, h("span", { class: "run-letter" }, "AB"[place]), " ", visible(run.label)),
    ),
  );
}
