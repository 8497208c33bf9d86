// Putting the page together, and what happens when something is chosen.

const VIEWS = [
  ["talk", "Conversation"],
  ["sequence", "Sequence"],
  ["lines", "Events"],
  ["sides", "Side by side"],
];

function headHeight() {
  return (
    byId("bar").offsetHeight + byId("tools").offsetHeight + (byId("heads").hidden ? 0 : byId("heads").offsetHeight)
  );
}

/** Choose an event; 0: none. reveal: scroll to it. open: on a narrow page, show it. */
function choose(seq, { run = app.run, reveal = false, focus = false, open = false, back = false } = {}) {
  if (run !== app.run) {
    app.run = run;
    app.before = [];
    if (app.view !== "sides") drawList();
    drawSwitch();
  } else if (reveal && !focus && !back && app.chosen) app.before.push(app.chosen);
  if (seq && !current().has(seq)) return;
  app.chosen = seq;
  for (const row of document.querySelectorAll(".list [data-seq]"))
    row.classList.toggle("chosen", Number(row.dataset.seq) === seq && Number(row.dataset.run) === app.run);
  if (open) document.body.classList.add("detail-open");
  if (!seq) document.body.classList.remove("detail-open");
  drawDetail();
  moveCursor();
  if (reveal && seq) revealRow(seq, focus);
  const mark = seq ? `#${RUNS.length > 1 ? "ab"[app.run] : ""}${seq}` : location.pathname + location.search;
  try {
    history.replaceState(null, "", mark);
  } catch {
    // some browsers do not let a file change its address
  }
}

function revealRow(seq, focus) {
  if (app.view === "sides") {
    const at = app.rows.findIndex((pair) => inPair(pair, seq));
    if (at >= 0) app.list.reveal(at, headHeight(), true);
    return;
  }
  let { place, found } = placeOf(seq);
  if (!found) place = Math.max(0, place - 1); // not shown in this view: the one before it
  app.list.reveal(place, headHeight(), !focus);
  const row = document.querySelector(`.list [data-seq="${seq}"]`);
  if (focus && row) row.focus({ preventScroll: true });
}

function inPair(pair, seq) {
  const index = app.run ? pair.b : pair.a;
  const step = index === undefined ? null : current().steps[index];
  return step && seq >= (step.given || step.end) && seq <= (step.end || Infinity);
}

const ROWS = {
  talk: [talkRow, (seq) => talkGuess(current(), seq)],
  sequence: [sequenceRow, () => STEP],
  lines: [lineRow, () => LINE],
};

function drawList() {
  const sides = app.view === "sides";
  const box = byId("list");
  app.rows = sides ? pairsShown() : eventsOf(current(), app.view);
  if (app.view === "sequence") app.lanes = lanesOf(current());
  const heads = { sequence: () => sequenceHeads(current()), lines: lineHeads, sides: sideHeads }[app.view];
  byId("heads").hidden = !heads;
  byId("heads").className = `heads heads-${app.view}`;
  byId("heads").replaceChildren(...(heads ? [heads()] : []));
  document.documentElement.style.setProperty(
    "--head-tools",
    `${byId("bar").offsetHeight + byId("tools").offsetHeight}px`,
  );
  box.className = `list list-${app.view}`;
  const [draw, guess] = sides
    ? [(pair) => sideRow(pair, pair.place), () => 120]
    : [(seq) => ROWS[app.view][0](current(), seq), ROWS[app.view][1]];
  app.list.draw = draw;
  app.list.guess = guess;
  app.list.set(app.rows);
  byId("nothing").hidden = app.rows.length > 0;
  byId("nothing").textContent = filtered() ? "Nothing here matches." : "Nothing here yet.";
  byId("found").textContent = filtered() ? many(app.rows.length, sides ? "step" : "event") : "";
}

function setView(view) {
  if (view === "sides" && RUNS.length < 2) return;
  app.view = view;
  document.body.dataset.view = view;
  drawTools();
  drawList();
  if (app.chosen) revealRow(app.chosen, false);
}

function setRun(place) {
  if (place === app.run) return;
  app.run = place;
  app.chosen = 0;
  app.before = [];
  drawSwitch();
  drawTools();
  drawList();
  drawDetail();
  moveCursor();
}

function search(text) {
  const field = byId("search");
  if (field.value !== text) field.value = text;
  setQuery(text);
  drawList();
}

function drawSwitch() {
  const box = byId("switch");
  box.hidden = RUNS.length < 2;
  box.replaceChildren(
    ...RUNS.map((run) =>
      button(
        { "aria-pressed": String(run.place === app.run), title: run.label, onclick: () => setRun(run.place) },
        "AB"[run.place],
      ),
    ),
  );
}

function drawTools() {
  byId("tabs").replaceChildren(
    ...VIEWS.filter(([view]) => view !== "sides" || RUNS.length > 1).map(([view, name]) =>
      button(
        {
          role: "tab",
          "aria-selected": String(app.view === view),
          tabindex: app.view === view ? "0" : "-1",
          "aria-controls": "list",
          data: { view },
          onclick: () => setView(view),
          onkeydown: tabKey,
        },
        name,
      ),
    ),
  );
  const run = current();
  const groups = new Set(run.events.map((_, place) => groupOf(run, place + 1)));
  const chip = (set, value, name, extra) =>
    button(
      {
        class: "chip",
        "aria-pressed": String(set.has(value)),
        ...extra,
        onclick: () => (
          set.has(value) ? set.delete(value) : set.add(value),
          drawTools(),
          drawList(),
          byId("chips")
            .querySelector(`[data-chip="${CSS.escape(value)}"]`)
            ?.focus()
        ),
      },
      ...name,
    );
  const kinds = GROUPS.filter(([group]) => groups.has(group)).map(([group, name]) =>
    chip(app.groups, group, [h("span", { class: `mark mark-${group}`, "aria-hidden": "true" }), name], {
      data: { chip: group },
    }),
  );
  const names = [...new Set(run.who)]
    .filter((number) => number >= 0)
    .sort((a, b) => a - b)
    .slice(0, 24);
  const people = names.map((number) =>
    chip(app.who, run.names[number], [h("span", { class: "dot", "aria-hidden": "true" }), visible(run.names[number])], {
      data: { chip: run.names[number] },
      vars: { "--hue": hue(number) },
    }),
  );
  const clear =
    app.groups.size || app.who.size
      ? button(
          { class: "chip clear", onclick: () => (app.groups.clear(), app.who.clear(), drawTools(), drawList()) },
          "clear",
        )
      : null;
  byId("chips").replaceChildren(...[...kinds, h("span", { class: "chip-gap" }), ...people, clear].filter(Boolean));
}

function tabKey(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const tabs = [...byId("tabs").children];
  const next = tabs[(tabs.indexOf(event.currentTarget) + by + tabs.length) % tabs.length].dataset.view;
  setView(next);
  byId("tabs").querySelector(`[data-view="${next}"]`).focus();
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function toggleTheme() {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  drawTheme();
}

function drawTheme() {
  byId("theme").textContent = isDark() ? "☀" : "☾";
}

/** The event that the page's address names: #12, or #b12 with two runs. */
function fromAddress() {
  const match = /^#([ab]?)(\d+)$/.exec(location.hash);
  if (!match) return;
  const run = match[1] === "b" && RUNS.length > 1 ? 1 : 0;
  if (RUNS[run].has(Number(match[2]))) choose(Number(match[2]), { run, reveal: true, open: true });
}

function begin() {
  const data = JSON.parse(byId("data").textContent);
  RUNS = data.runs.map((raw, place) => new Run(raw, place));
  PAIRS = data.pairs.map((pair, place) => ({ ...pair, place }));
  app.before = [];
  app.list = new Windowed(byId("list"), null, null);
  app.view = RUNS.length > 1 ? "sides" : "talk";
  document.body.dataset.view = app.view;
  if (RUNS.every((run) => run.times[run.last - 1] < 0.001)) axis.by = "events";
  fitAxis();
  drawTheme();
  drawSummary();
  drawSwitch();
  drawCharts();
  drawTools();
  drawList();
  drawDetail();
  listen();
  fromAddress();
}

function listen() {
  let wait = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(wait);
    wait = setTimeout(() => search(event.target.value), 80);
  });
  byId("searching").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(wait);
    search(byId("search").value);
    const to = /^#(\d+)$/.exec(app.query);
    if (to && current().has(Number(to[1]))) choose(Number(to[1]), { reveal: true, open: true });
    else if (filtered() && app.rows.length && app.view !== "sides") choose(app.rows[0], { reveal: true });
  });
  byId("theme").addEventListener("click", toggleTheme);
  byId("ask").addEventListener("click", showHelp);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawTheme);
  addEventListener("keydown", onKey);
  addEventListener("hashchange", fromAddress);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    drawCharts();
    drawList();
  });
}

begin();
