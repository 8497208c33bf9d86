// The head of the page: what was asked, how it ended and why, what it took, and who took part.

const OUTCOME_TONE = {
  done: "good",
  failed: "bad",
  limit: "odd",
  stopped: "odd",
  interrupted: "odd",
  paused: "odd",
  open: "odd",
};
const OUTCOME_TEXT = { open: "not ended", paused: "waiting" };

function taskOf(run) {
  const place = run.events.findIndex((event) => event.kind === "said");
  return place < 0 ? "" : bodyText(run.body(run.events[place]));
}

function summaryOf(run) {
  const { ending } = run;
  return h(
    "div",
    { class: "summary-run" },
    RUNS.length > 1
      ? h("div", { class: "chart-of" }, h("span", { class: "run-letter" }, "AB"[run.place]), " ", visible(run.label))
      : null,
    h(
      "h1",
      { class: "task", dir: "auto" },
      folded(
        `${run.place}:task`,
        taskOf(run) || "(nothing was said yet)",
        (text) => h("span", {}, visible(text)),
        300,
        4,
      ),
    ),
    h(
      "p",
      { class: "outcome" },
      h("span", { class: `badge ${OUTCOME_TONE[ending.kind] || "odd"}` }, OUTCOME_TEXT[ending.kind] || ending.kind),
      h("span", { class: "why" }, visible(ending.reason)),
      ending.event ? seqButton(run, ending.event) : null,
    ),
    run.torn
      ? h(
          "p",
          { class: "warning" },
          `The file ended in an unfinished line (${many(run.torn, "byte")}), which was left out; everything before it is here.`,
        )
      : null,
    run.events.some((event) => event.kind === "forked")
      ? h(
          "p",
          { class: "aside" },
          "A branch: ",
          run.events.map((event, place) =>
            event.kind === "forked" ? [visible(lineOf(run, place + 1, event)), " ", seqButton(run, place + 1)] : null,
          ),
        )
      : null,
    factsOf(run),
  );
}

function seqButton(run, seq) {
  const words = run.has(seq) ? wordsOf(run, seq) : null;
  return button(
    {
      class: "seq",
      disabled: !words,
      title: words ? `${words.name}${run.name(seq) ? ` of ${run.name(seq)}` : ""}` : "",
      onclick: () => choose(seq, { run: run.place, reveal: true, open: true }),
    },
    `#${seq}`,
  );
}

function factsOf(run) {
  const { total, delegated, inherited } = run.usage;
  const turns = run.steps.filter((step) => step.given).length;
  const troubles = run.events.filter((event) =>
    ["refused", "call_denied", "call_failed", "turn_failed"].includes(event.kind),
  ).length;
  const facts = [
    [run.last.toLocaleString("en-US"), "events"],
    [turns.toLocaleString("en-US"), turns === 1 ? "turn" : "turns"],
    [total.calls.toLocaleString("en-US"), total.calls === 1 ? "model call" : "model calls"],
    total.programs ? [total.programs.toLocaleString("en-US"), total.programs === 1 ? "program" : "programs"] : null,
    total.tools ? [total.tools.toLocaleString("en-US"), total.tools === 1 ? "tool call" : "tool calls"] : null,
    total.calls
      ? [total.input, "tokens in", total.cached !== "0" && total.cached !== "unknown" ? `${total.cached} cached` : ""]
      : null,
    total.calls ? [total.output, "tokens out"] : null,
    total.calls
      ? [
          total.usd,
          "cost",
          delegated
            ? `of which delegated ${delegated.usd}`
            : inherited && inherited.usd !== "unknown"
              ? `of which before the fork ${inherited.usd}`
              : "",
        ]
      : null,
    [seconds(run.times[run.last - 1]), "active"],
    troubles
      ? [troubles.toLocaleString("en-US"), troubles === 1 ? "refusal or failure" : "refusals and failures"]
      : null,
  ];
  const cells = facts
    .filter(Boolean)
    .map(([value, name, more]) =>
      h(
        "div",
        { class: `fact${value === "unknown" ? " unknown" : ""}` },
        h("dd", {}, value),
        h("dt", {}, name, more ? h("span", { class: "fact-more" }, ` (${more})`) : null),
      ),
    );
  return h("dl", { class: "facts" }, cells);
}

/** Each agent with its model, what it used, and its own caps. */
function rosterOf(run) {
  const used = new Map(run.usage.agents.map((row) => [row.name, row]));
  return h(
    "ul",
    { class: "roster" },
    run.agents.map((agent) => {
      const row = used.get(agent.name);
      const turns = run.steps.filter((step) => step.given && step.who === agent.name).length;
      const parts = [many(turns, "turn")];
      if (row && row.calls)
        parts.push(
          many(row.calls, "model call"),
          row.input === "unknown" ? "tokens not reported" : `${row.input} in, ${row.output} out`,
          ...(row.usd === "unknown" ? [] : [row.usd]),
        );
      if (row && row.programs) parts.push(many(row.programs, "program"));
      if (row && row.tools) parts.push(many(row.tools, "tool call"));
      return h(
        "li",
        { class: "agent", title: agent.description, vars: { "--hue": hue(run.number(agent.name)) } },
        face(run, run.number(agent.name)),
        h(
          "div",
          {},
          h(
            "div",
            {},
            h("span", { class: "name" }, visible(agent.name)),
            h(
              "span",
              { class: "agent-kind" },
              ` ${agent.kind}${agent.model ? ` · ${agent.model}` : ""}${agent.tier ? ` (${agent.tier})` : ""}`,
            ),
          ),
          h("div", { class: "agent-used" }, parts.join(" · ")),
          run.standing.filter((one) => one.scope === `agent ${agent.name}`).map(capBar),
        ),
      );
    }),
  );
}

function capBar(one) {
  const share = Math.min(1, one.spent / one.cap);
  const both = Math.min(1, (one.spent + one.held) / one.cap);
  const text = `${amount(one.unit, one.spent)}${one.held ? ` and ${amount(one.unit, one.held)} set aside` : ""} of ${amount(one.unit, one.cap)}${one.unit === "usd" ? "" : ` ${one.unit}`}`;
  return h(
    "div",
    { class: `cap-bar${share > 0.9 ? " full" : ""}` },
    h(
      "div",
      { class: "cap-track", "aria-hidden": "true" },
      h("div", { class: "cap-held", vars: { "--share": both } }),
      h("div", { class: "cap-spent", vars: { "--share": share } }),
    ),
    h("span", {}, one.scope.startsWith("agent ") ? "" : `${one.scope}: `, text),
  );
}

function drawSummary() {
  byId("summary").classList.toggle("two", RUNS.length > 1);
  byId("summary").replaceChildren(...RUNS.map((run) => h("div", {}, summaryOf(run), rosterOf(run))));
  const run = RUNS[0];
  byId("named").replaceChildren(
    h("span", { class: "named-label", title: run.label }, visible(RUNS.map((one) => one.label).join(" and "))),
    h("span", { class: "named-when" }, new Date(run.begun * 1000).toISOString().slice(0, 16).replace("T", " "), " UTC"),
  );
}
