// The keyboard.

const KEYS = [
  [["j", "↓"], "next event"],
  [["k", "↑"], "event before"],
  [["g", "G"], "first, last event"],
  [["n", "N"], "next, previous refusal or failure"],
  [["c"], "go to the cause"],
  [["b"], "back to the event before that jump"],
  [["Enter"], "open the event"],
  [["p"], "unfold the exact prompt"],
  [["/"], 'search: words, "a phrase", kind:refused, by:name, #12'],
  [["1", "2", "3", "4"], "conversation, sequence, events, side by side"],
  [["d"], "next difference, with two runs"],
  [["x"], "the other run, with two runs"],
  [["t"], "dark or light"],
  [["Esc"], "close, clear"],
];

function onKey(event) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return escape(event, typing);
  if (typing || byId("help").open) return;
  const act = ACTS[event.key];
  if (!act || (event.key === "Enter" && event.target.closest("button, a, summary, [role=button]"))) return;
  if (event.target.closest("pre, [role=tablist]") && event.key.startsWith("Arrow")) return;
  event.preventDefault();
  act();
}

function escape(event, typing) {
  if (byId("help").open) return;
  event.preventDefault();
  if (typing) event.target.blur();
  if (byId("search").value) return search("");
  if (app.chosen) choose(0);
}

/** Move to the next shown event, or by several. */
function step(by) {
  if (app.view === "sides") return stepPair(by);
  const { rows } = app;
  if (!rows.length) return;
  const at = placeOf(app.chosen);
  const next =
    app.chosen === 0 && by > 0
      ? 0
      : Math.max(0, Math.min(rows.length - 1, at.found ? at.place + by : by > 0 ? at.place : at.place - 1));
  choose(rows[next], { reveal: true, focus: true });
}

/** Where an event stands among those shown, or would stand. */
function placeOf(seq) {
  let [low, high] = [0, app.rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (app.rows[middle] < seq) low = middle + 1;
    else high = middle;
  }
  return { place: low, found: app.rows[low] === seq };
}

function stepPair(by) {
  const at = app.pair === undefined ? -1 : app.rows.findIndex((pair) => pair.place === app.pair);
  toPair(Math.max(0, Math.min(app.rows.length - 1, at + by)));
}

function toPair(at) {
  const pair = app.rows[at];
  if (!pair) return;
  app.pair = pair.place;
  app.list.again();
  app.list.reveal(at, headHeight(), false);
}

function stepTrouble(by) {
  const run = current();
  for (let seq = app.chosen + by; seq >= 1 && seq <= run.last; seq += by) {
    if (groupOf(run, seq) === "trouble") return choose(seq, { reveal: true, focus: true });
  }
}

function stepDifference() {
  if (app.view !== "sides") return;
  const at = app.rows.findIndex((pair) => pair.place > (app.pair ?? -1) && (pair.differs || []).length);
  if (at >= 0) toPair(at);
}

const ACTS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  g: () => step(-Infinity),
  G: () => step(Infinity),
  Home: () => step(-Infinity),
  End: () => step(Infinity),
  n: () => stepTrouble(1),
  N: () => stepTrouble(-1),
  c: () =>
    app.chosen &&
    current().cause[app.chosen - 1] &&
    choose(current().cause[app.chosen - 1], { reveal: true, focus: true }),
  b: () => app.before.length && choose(app.before.pop(), { reveal: true, focus: true, back: true }),
  Enter: () => {
    if (!app.chosen) return step(1);
    document.body.classList.add("detail-open");
    byId("detail").focus();
  },
  p: () => togglePrompt(),
  "/": () => byId("search").focus(),
  1: () => setView("talk"),
  2: () => setView("sequence"),
  3: () => setView("lines"),
  4: () => RUNS.length > 1 && setView("sides"),
  d: () => stepDifference(),
  x: () => RUNS.length > 1 && setRun(1 - app.run),
  t: () => toggleTheme(),
  "?": () => showHelp(),
};

function togglePrompt() {
  const fold = document.querySelector('[data-fold="prompt"]');
  if (fold) fold.open = !fold.open;
}

function showHelp() {
  const box = byId("help");
  box.replaceChildren(
    h(
      "form",
      { method: "dialog" },
      h("div", { class: "help-head" }, h("h2", {}, "Keys"), h("button", { class: "icon", "aria-label": "Close" }, "×")),
    ),
    h(
      "dl",
      { class: "keys" },
      KEYS.map(([keys, what]) => [
        h(
          "dt",
          {},
          keys.map((key) => h("kbd", {}, key)),
        ),
        h("dd", {}, what),
      ]),
    ),
    h(
      "p",
      { class: "aside" },
      "Drag over the timeline to look closer; double click for the whole. Everything on this page stands in this one file; it loads nothing.",
    ),
  );
  box.showModal();
}
