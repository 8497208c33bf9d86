// One event in full: what it is, why it came about, what it led to, and how it stands in the record.

const CHAIN = 6; // causes that are shown at once

function drawDetail() {
  const run = current();
  const pane = byId("detail");
  document.body.classList.toggle("has-detail", app.chosen > 0);
  pane.replaceChildren(...(app.chosen ? detailOf(run, app.chosen) : glance(run)));
  pane.scrollTop = 0;
}

/** What the pane shows before anything is chosen. */
function glance(run) {
  const { ending, standing } = run;
  const scopes = standing.filter((one) => !one.scope.startsWith("agent "));
  return [
    h("h2", {}, "How it ended"),
    h("p", {}, visible(ending.reason)),
    ending.advice ? h("p", { class: "aside" }, visible(ending.advice)) : null,
    ending.lines.length
      ? [h("h3", {}, "The rules stood at"), h("pre", { class: "plain rules" }, visible(ending.lines.join("\n")))]
      : null,
    scopes.length ? [h("h3", {}, "Against the budget"), scopes.map(capBar)] : null,
    h(
      "p",
      { class: "hint" },
      "Choose an event to see why it came about. ",
      h("kbd", {}, "j"),
      " ",
      h("kbd", {}, "k"),
      " move, ",
      h("kbd", {}, "/"),
      " searches, ",
      h("kbd", {}, "?"),
      " shows all keys.",
    ),
  ]
    .flat(Infinity)
    .filter(Boolean);
}

function detailOf(run, seq) {
  const event = run.event(seq);
  const words = wordsOf(run, seq);
  const name = run.name(seq);
  return [
    h(
      "div",
      { class: "detail-bar" },
      h("span", { class: "detail-seq" }, `#${seq}`),
      h("span", { class: `pill ${words.tone}` }, words.name),
      h("span", { class: "time" }, seconds(run.time(seq))),
      h("span", { class: "spring" }),
      button(
        {
          class: "icon",
          "aria-label": "Event before",
          title: "Event before",
          disabled: seq <= 1,
          onclick: () => choose(seq - 1, { run: run.place, reveal: true }),
        },
        "‹",
      ),
      button(
        {
          class: "icon",
          "aria-label": "Event after",
          title: "Event after",
          disabled: seq >= run.last,
          onclick: () => choose(seq + 1, { run: run.place, reveal: true }),
        },
        "›",
      ),
      button({ class: "icon close", "aria-label": "Close", title: "Close (Esc)", onclick: () => choose(0) }, "×"),
    ),
    name
      ? h(
          "h2",
          { class: "detail-who", vars: { "--hue": hue(run.who[seq - 1]) } },
          face(run, run.who[seq - 1]),
          h("span", {}, visible(name)),
          event.to && event.kind === "said" ? h("span", { class: "to" }, " → ", visible(event.to)) : null,
        )
      : h("h2", {}, words.name),
    becauseNodes(run, seq),
    contentNodes(run, seq, event, words),
    ledNodes(run, seq),
    recordNodes(run, seq),
  ]
    .flat(Infinity)
    .filter(Boolean);
}

/** The chain of causes, the nearest first; each can be gone to. */
function becauseNodes(run, seq) {
  const chain = run.because(seq);
  if (!chain.length) return h("p", { class: "aside" }, "Nothing before it brought it about.");
  const list = h("ol", { class: "causes" });
  const fill = (most) => {
    list.replaceChildren(
      ...chain
        .slice(0, most)
        .map((cause, place) => eventLink(run, cause, place ? "which is because of" : "because of", place === 0)),
    );
    if (chain.length > most)
      list.append(
        h(
          "li",
          {},
          button(
            { class: "more", onclick: () => fill(most + 50) },
            `and ${many(chain.length - most, "cause")} before that`,
          ),
        ),
      );
  };
  fill(CHAIN);
  return [h("h3", {}, "Because of"), list];
}

function eventLink(run, seq, title, first = false) {
  const words = wordsOf(run, seq);
  return h(
    "li",
    { class: first ? "nearest" : "" },
    button(
      {
        class: "event-link",
        title,
        vars: { "--hue": hue(run.who[seq - 1]) },
        onclick: () => choose(seq, { run: run.place, reveal: true }),
      },
      h("span", { class: "line-seq" }, `#${seq}`),
      h("span", { class: "dot", "aria-hidden": "true" }),
      h(
        "span",
        { class: "event-link-text" },
        h("strong", {}, run.name(seq) ? [visible(run.name(seq)), " "] : null, words.name),
        " ",
        visible(oneLine(words.line, 110)),
      ),
    ),
  );
}

function ledNodes(run, seq) {
  const effects = run.ledTo(seq);
  if (!effects.length) return null;
  const list = h("ol", { class: "causes" });
  const fill = (most) => {
    list.replaceChildren(...effects.slice(0, most).map((effect) => eventLink(run, effect, "what it led to")));
    if (effects.length > most)
      list.append(
        h(
          "li",
          {},
          button(
            { class: "more", onclick: () => fill(most + 100) },
            `and ${many(effects.length - most, "event")} more`,
          ),
        ),
      );
  };
  fill(12);
  return [h("h3", {}, "Led to"), list];
}

function recordNodes(run, seq) {
  const box = h(
    "details",
    { class: "fold", data: { fold: "record" } },
    h("summary", {}, "As recorded", h("span", { class: "fold-more" }, "JSON")),
  );
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) {
      const event = run.originals.get(seq) || run.event(seq);
      box.append(
        jsonBlock(`${run.place}:${seq}:record`, event),
        h(
          "p",
          {},
          copyButton("Copy", () => written(event, 2)),
        ),
      );
    }
  });
  return box;
}
