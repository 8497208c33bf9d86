// What one event says, in full, by its kind.

/** What the event says, by its kind. */
function contentNodes(run, seq, event, words) {
  const key = `${run.place}:${seq}:detail`;
  const changes = (run.changed.get(seq) || []).map((one) =>
    h(
      "p",
      { class: "note odd boxed" },
      "Changed by an edit at ",
      seqButton(run, one.at),
      ". Here it stands as it was written; from there on it reads:",
      one.now.body
        ? bodyNodes(`${key}:${one.at}`, one.now.body)
        : one.now.result
          ? resultNodes(`${key}:${one.at}`, one.now.result)
          : jsonBlock(`${key}:${one.at}`, one.now),
    ),
  );
  const call = run.callOf(seq);
  if (event.kind === "said")
    return [changes, h("div", { class: "detail-body" }, bodyNodes(key, run.body(event))), fromCalls(run, event)];
  if (event.kind === "turn_given") return turnNodes(run, event);
  if (event.kind === "refused") return refusedNodes(run, key, event);
  if (event.kind === "call_denied")
    return [
      field("why not", denialText(event)),
      fields({ model: event.model, reserved: event.reserved, values: event.values }, key),
    ];
  if (event.kind === "closed")
    return [
      h("p", {}, visible(event.reason)),
      field("rule", event.rule),
      field("on", seqButton(run, event.event)),
      h("p", { class: "aside" }, visible(event.advice)),
      fields(event.values, key),
    ];
  if (event.kind === "run_started")
    return [
      changes,
      field("until", ruleText(event.rules)),
      field("budget", budgetText(event.budget).replace(/^, /, "") || "none"),
      field("policy", `version ${event.policy}`),
    ];
  if (event.kind === "opened") return openedNodes(run, key, event);
  if (call) return [changes, callNodes(run, call, seq, key)];
  const { kind, reason, ...rest } = event;
  return [words.line ? h("p", {}, visible(words.line)) : null, fields(rest, key)];
}

function field(name, ...value) {
  return h(
    "p",
    { class: "field" },
    h("span", { class: "label" }, `${name} `),
    value.flat(Infinity).map((one) => (one instanceof Node ? one : visible(String(one)))),
  );
}

function fields(values, key) {
  return Object.entries(values || {})
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) =>
      typeof value === "object"
        ? h("div", { class: "field" }, h("span", { class: "label" }, name), jsonBlock(`${key}:${name}`, value))
        : field(name.replaceAll("_", " "), value),
    );
}

function fromCalls(run, event) {
  if (!event.from_calls) return null;
  return field(
    "word for word from",
    event.from_calls.map((call) => [seqButton(run, call), " "]),
  );
}

function turnNodes(run, event) {
  const { why } = event;
  const chosen = why.candidates
    ? h(
        "p",
        { class: "field" },
        h("span", { class: "label" }, "among "),
        why.candidates.map((name) => h("span", { class: `pill${name === event.to ? " good" : ""}` }, visible(name))),
      )
    : null;
  return [
    field("why", why.reason),
    field("chosen by", why.router.replaceAll("_", " ")),
    chosen,
    field("to act on", seqButton(run, event.subject)),
    why.values ? fields(why.values, "why") : null,
  ];
}

function refusedNodes(run, key, event) {
  const raw = refusedText(run, event);
  return [
    h(
      "p",
      { class: "label" },
      event.tool_call_id && !event.from_calls
        ? "A tool call was not made:"
        : `The answer was not delivered (found by the ${event.by || "policy"}):`,
    ),
    h(
      "ul",
      { class: "problems" },
      event.problems.map((problem) => h("li", {}, visible(problem))),
    ),
    raw ? [h("h3", {}, "What was answered"), plainBlock(key, raw)] : null,
    fromCalls(run, event),
  ];
}

function openedNodes(run, key, event) {
  const { agents, ...rest } = event.charter;
  return [
    field("conversation", event.conversation),
    event.parent ? field("held for", `event ${event.parent.seq} of ${event.parent.conversation}`) : null,
    h("h3", {}, "Agents"),
    (Array.isArray(agents) ? agents : []).map((card, place) =>
      h(
        "details",
        { class: "fold inner" },
        h(
          "summary",
          {},
          visible(String(card.name)),
          h("span", { class: "fold-more" }, visible(String(card.description || card.kind || ""))),
        ),
        card.instructions ? plainBlock(`${key}:${place}:told`, card.instructions) : null,
        jsonBlock(`${key}:${place}`, card),
      ),
    ),
    h("details", { class: "fold inner" }, h("summary", {}, "Routing, types, limits"), jsonBlock(`${key}:rest`, rest)),
  ];
}

/** A call: how it went, what was asked, what came back, its other attempts. */
function callNodes(run, call, seq, key) {
  const started = run.event(call.start);
  const [told, tone] = CALL_STATUS[call.status];
  const end = call.end && call.end !== call.start ? run.event(call.end) : null;
  const others = (run.attempts.get(started.key) || []).filter((other) => other !== call.start);
  return [
    h(
      "p",
      { class: "call-head" },
      h("span", { class: `mark mark-${call.kind}`, "aria-hidden": "true" }),
      h("strong", {}, visible(call.name)),
      " ",
      h("span", { class: `pill ${tone}` }, told),
      " ",
      tookText(call),
    ),
    h(
      "p",
      { class: "field" },
      h("span", { class: "label" }, "from "),
      seqButton(run, call.start),
      end ? [h("span", { class: "label" }, " to "), seqButton(run, call.end)] : null,
      h("span", { class: "label" }, ` · call ${started.ordinal} of the turn `),
      seqButton(run, call.turn),
    ),
    others.length || call.attempt > 1
      ? h(
          "p",
          { class: "field" },
          h("span", { class: "label" }, `attempt ${call.attempt}; the others: `),
          others.map((other) => [seqButton(run, other), " "]),
        )
      : null,
    started.reserved ? field("set aside", reservedText(started.reserved)) : null,
    askedNodes(run, call, started, key),
    end ? [h("h3", {}, end.kind === "call_finished" ? "What came back" : "What went wrong"), endNodes(key, end)] : null,
  ];
}

function reservedText({ calls, tokens, usd }) {
  return (
    [calls && many(calls, "call"), tokens && many(tokens, "token"), usd !== undefined && dollars(usd)]
      .filter(Boolean)
      .join(", ") || "nothing"
  );
}

function askedNodes(run, call, started, key) {
  const { recipe } = started;
  if (recipe.call === "model")
    return [
      recipe.output ? field("typed answer by", recipe.output) : null,
      run.prompts[call.start] ? requestNodes(run, call.start) : null,
    ];
  if (recipe.call === "code")
    return [field("sandbox", recipe.sandbox), codeBlock(textOf(run, run.programs[call.start] || []), recipe.language)];
  if (recipe.call === "tool") return [h("h3", {}, "Arguments"), jsonBlock(`${key}:arguments`, recipe.arguments)];
  return [
    field("asked", recipe.question),
    h(
      "details",
      { class: "fold inner" },
      h("summary", {}, "Schema of the answer"),
      jsonBlock(`${key}:schema`, recipe.answer_schema),
    ),
  ];
}

function endNodes(key, end) {
  if (end.kind === "call_finished") {
    const { usage, finish, model } = end.result;
    const from = end.taken_from
      ? field("taken from", `event ${end.taken_from.seq} of ${end.taken_from.conversation}`)
      : null;
    return [
      resultNodes(`${key}:result`, end.result),
      finish ? field("finish", finish) : null,
      model ? field("model", model) : null,
      usage
        ? field(
            "usage",
            Object.entries(usage)
              .map(([name, count]) => `${name.replaceAll("_", " ")} ${count.toLocaleString("en-US")}`)
              .join(", "),
          )
        : null,
      from,
    ];
  }
  const partial = end.partial ? [field("what had arrived", ""), plainBlock(`${key}:partial`, end.partial)] : null;
  if (end.kind === "call_failed")
    return [
      h("p", { class: "note bad" }, visible(problemText(end.error))),
      end.error.where ? field("where", end.error.where) : null,
      field("may be tried again", end.retryable ? "yes" : "no"),
      partial,
    ];
  return [h("p", { class: "note odd" }, visible(end.reason || end.policy || "the conversation forked here")), partial];
}
