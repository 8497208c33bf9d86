// Every event on a line: its place, the place of its cause, when, whose, what.

const LINE = 30;

function lineRow(run, seq) {
  const words = wordsOf(run, seq);
  const cause = run.cause[seq - 1];
  return rowOf(
    run,
    seq,
    `line tone-${words.tone || "none"}`,
    words,
    h("span", { class: "line-seq" }, `#${seq}`),
    h("span", { class: "line-cause" }, cause ? causeButton(run, cause, `↑ ${cause}`) : ""),
    h("span", { class: "line-time" }, seconds(run.time(seq))),
    h(
      "span",
      { class: "line-who" },
      run.name(seq) ? [h("span", { class: "dot", "aria-hidden": "true" }), said(run.name(seq))] : "",
    ),
    h(
      "span",
      { class: "line-kind" },
      h("span", { class: `mark mark-${words.group}`, "aria-hidden": "true" }),
      words.name,
    ),
    h("span", { class: "line-text", dir: "auto" }, said(words.line)),
  );
}

function causeButton(run, cause, ...label) {
  const words = run.has(cause) ? wordsOf(run, cause) : null;
  const title = words ? `Go to its cause: event ${cause}, ${words.name}` : `Its cause, event ${cause}, is not there`;
  return button(
    {
      class: "to-cause",
      title,
      "aria-label": title,
      disabled: !words,
      onclick: () => choose(cause, { run: run.place, reveal: true }),
    },
    ...label,
  );
}

function lineHeads() {
  const cells = ["#", "cause", "time", "who", "what", ""];
  return h(
    "div",
    { class: "line line-heads", "aria-hidden": "true" },
    cells.map((cell) => h("span", {}, cell)),
  );
}
