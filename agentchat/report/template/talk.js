// The conversation as it was held: messages in full, and beside them, quietly, what was done and what went wrong.

function talkRow(run, seq) {
  const event = run.event(seq);
  const words = wordsOf(run, seq);
  const inside =
    event.kind === "said"
      ? talkMessage(run, seq, event)
      : event.kind === "call_started"
        ? talkCall(run, seq, event)
        : talkNote(run, seq, event, words);
  return rowOf(
    run,
    seq,
    `talk talk-${event.kind === "said" ? "said" : event.kind === "call_started" ? "call" : "note"}`,
    words,
    inside,
  );
}

/** The frame of every row: chosen by a click, named for those who cannot see it. */
function rowOf(run, seq, style, words, ...inside) {
  const chosen = app.chosen === seq && app.run === run.place;
  return h(
    "article",
    {
      class: `${style}${chosen ? " chosen" : ""}`,
      tabindex: "-1",
      data: { seq, run: run.place },
      "aria-label": `Event ${seq}, ${words.name}${run.name(seq) ? ` of ${run.name(seq)}` : ""}`,
      vars: { "--hue": hue(run.who[seq - 1]) },
      onclick: (event) => {
        if (!String(getSelection()) && !event.target.closest("button")) choose(seq, { run: run.place, open: true });
      },
    },
    ...inside,
  );
}

function placeMark(run, seq) {
  return h("span", { class: "place" }, h("span", { class: "time" }, seconds(run.time(seq))), ` #${seq}`);
}

function face(run, number) {
  const name = number < 0 ? "?" : run.names[number];
  return h("span", { class: "face", "aria-hidden": "true", vars: { "--hue": hue(number) } }, [...name][0] || "?");
}

function talkMessage(run, seq, event) {
  const number = run.who[seq - 1];
  const changes = run.changed.get(seq);
  return h(
    "div",
    { class: "message" },
    face(run, number),
    h(
      "div",
      { class: "message-main" },
      h(
        "div",
        { class: "message-head" },
        h("span", { class: "name" }, said(event.sender)),
        event.to ? h("span", { class: "to" }, "→ ", said(event.to)) : null,
        event.type ? h("span", { class: "pill" }, event.type) : null,
        run.originals.has(seq) ? h("span", { class: "pill odd" }, "inserted") : null,
        changes ? h("span", { class: "pill odd" }, `edited at #${changes.map((one) => one.at).join(", #")}`) : null,
        placeMark(run, seq),
      ),
      bodyNodes(`${run.place}:${seq}`, run.body(event)),
    ),
  );
}

function talkCall(run, seq, event) {
  const call = run.callAt.get(seq);
  const [told, tone] = CALL_STATUS[call.status];
  const result = call.end ? run.event(call.end) : null;
  const problem = result && result.kind === "call_failed" ? problemText(result.error) : "";
  const partial = result && result.partial;
  return [
    h(
      "div",
      { class: `call-line ${tone}` },
      h("span", { class: `mark mark-${call.kind}`, "aria-hidden": "true" }),
      h("span", { class: "name" }, said(call.agent)),
      h(
        "span",
        { class: "call-what" },
        ` ${CALL_VERBS[call.kind]} `,
        said(call.kind === "code" ? call.name : targetText(run, seq, event)),
      ),
      result && result.taken_from ? h("span", { class: "pill" }, "from the record") : null,
      call.attempt > 1 ? h("span", { class: "pill odd" }, `attempt ${call.attempt}`) : null,
      call.status === "ok" ? null : h("span", { class: `pill ${tone}` }, told),
      h("span", { class: "call-took" }, tookText(call)),
      placeMark(run, seq),
    ),
    call.kind === "tool" && result && result.result
      ? h("div", { class: "call-gave" }, said(oneLine(resultText(result.result), 300)))
      : null,
    problem ? h("div", { class: "call-gave bad" }, said(problem)) : null,
    partial
      ? h(
          "div",
          { class: "call-gave" },
          h("span", { class: "label" }, "what had arrived "),
          plainBlock(`${run.place}:${seq}:partial`, partial),
        )
      : null,
  ];
}

const CALL_VERBS = { model: "asked", code: "ran", tool: "called", ask: "asked" };

/** Time, tokens and money of a call, as far as they are known. */
function tookText(call) {
  const out = [];
  if (call.over !== undefined) out.push(seconds(call.over - call.begun));
  if (call.kind === "model" && call.status === "ok") {
    const { input, output } = call;
    out.push(
      input === undefined && output === undefined
        ? "tokens not reported"
        : `${tokenText(input)} in, ${tokenText(output)} out`,
    );
  }
  if (call.usd !== undefined) out.push(dollars(call.usd));
  return out.join(" · ");
}

function tokenText(count) {
  return count === undefined ? "?" : count.toLocaleString("en-US");
}

function talkNote(run, seq, event, words) {
  const name = run.name(seq);
  const head = h(
    "div",
    { class: "note-head" },
    h("span", { class: `pill ${words.tone}` }, words.name),
    name && event.kind !== "closed" ? h("span", { class: "name" }, said(name)) : null,
    h("span", { class: "note-line" }, said(event.kind === "closed" ? event.outcome : words.line)),
    placeMark(run, seq),
  );
  return h("div", { class: `note-box ${words.tone}` }, head, noteMore(run, seq, event));
}

function noteMore(run, seq, event) {
  const key = `${run.place}:${seq}`;
  if (event.kind === "closed") return [h("p", {}, said(event.reason)), h("p", { class: "aside" }, event.advice)];
  if (event.kind === "refused") {
    const raw = refusedText(run, event);
    return [
      event.problems.length > 1
        ? h(
            "ul",
            {},
            event.problems.map((one) => h("li", {}, said(one))),
          )
        : null,
      raw ? plainBlock(key, raw) : null,
    ];
  }
  if (event.kind === "answered") return jsonBlock(key, event.value ?? null);
  if (event.kind === "forked") return event.author ? aside("by", event.author) : null;
  if (event.kind === "edited") return editedNodes(key, event);
  return null;
}

/** What an edit puts in the place of what was there. */
function editedNodes(key, event) {
  if (event.value === undefined) return null;
  if (event.act === "replace") return bodyNodes(key, event.value);
  return event.act === "result" ? resultNodes(key, event.value) : jsonBlock(key, event.value);
}

/** The answer that was refused, word for word. */
function refusedText(run, event) {
  if (event.raw !== undefined) return typeof event.raw === "string" ? event.raw : written(event.raw, 2);
  const call = (event.from_calls || []).at(-1);
  const result = call && run.has(call) ? run.event(call).result : null;
  return result && result.of === "model" ? replyText(result) || resultText(result) : "";
}

function talkGuess(run, seq) {
  const event = run.event(seq);
  if (event.kind === "call_started") return 30;
  if (event.kind !== "said") return 44;
  const text = bodyText(run.body(event)).slice(0, LONG);
  const lines = text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / 90)), 0);
  return 56 + Math.min(lines, LINES + 2) * 21;
}
