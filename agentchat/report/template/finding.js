// What is shown: which run, which view, which groups and agents, which words.

const app = { run: 0, view: "talk", chosen: 0, groups: new Set(), who: new Set(), query: "", wanted: [] };
let RUNS = [];
let PAIRS = [];

function current() {
  return RUNS[app.run];
}

/** A query as conditions: words, "several words", kind:refused, by:coder. All must hold. */
function readQuery(text) {
  const wanted = [];
  for (const [token] of text.matchAll(/(?:kind|by):\S+|"[^"]+"?|\S+/gi)) {
    const [, field, value] = /^(kind|by):(.+)$/i.exec(token) || [];
    if (field) wanted.push({ field: field.toLowerCase(), value: value.toLowerCase() });
    else if (token.replaceAll('"', "")) wanted.push({ field: "text", value: token.replaceAll('"', "").toLowerCase() });
  }
  return wanted;
}

function setQuery(text) {
  app.query = text.trim();
  app.wanted = /^#\d+$/.test(app.query) ? [] : readQuery(app.query);
  const words = app.wanted
    .filter((one) => one.field === "text")
    .map((one) => one.value.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  marking = words.length ? new RegExp(words.join("|"), "giu") : null;
}

function filtered() {
  return app.groups.size > 0 || app.who.size > 0 || app.wanted.length > 0;
}

function matches(run, seq, { field, value }) {
  if (field === "kind")
    return run.event(seq).kind.includes(value) || wordsOf(run, seq).name.includes(value) || groupOf(run, seq) === value;
  if (field === "by") return run.name(seq).toLowerCase() === value;
  return run.words(seq).includes(value);
}

/** Whether an event is shown. `with`: a second event that stands in the same row, such as the end of a call. */
function passes(run, seq, together = 0) {
  const seqs = together ? [seq, together] : [seq];
  if (app.groups.size && !seqs.some((one) => app.groups.has(groupOf(run, one)))) return false;
  if (app.who.size && !seqs.some((one) => app.who.has(run.name(one)))) return false;
  return app.wanted.every((want) => seqs.some((one) => matches(run, one, want)));
}

const TROUBLE_ENDS = new Set(["call_failed", "call_cancelled"]);

/** The end of a call that is told in the row of its start. */
function endWithin(run, seq) {
  const call = run.callAt.get(seq);
  return call && call.end && call.status !== "denied" ? call.end : 0;
}

const TALK = new Set([
  "said",
  "call_started",
  "call_denied",
  "refused",
  "turn_failed",
  "turn_cancelled",
  "turn_passed",
  "call_in_doubt",
  "diverged",
  "overrun",
  "paused",
  "answered",
  "interrupted",
  "external",
  "time_up",
  "warned",
  "compacted",
  "persona_changed",
  "forked",
  "edited",
  "scrubbed",
  "run_started",
  "closed",
]);
const DRAWN = new Set([
  "said",
  "refused",
  "turn_failed",
  "turn_cancelled",
  "turn_passed",
  "paused",
  "answered",
  "interrupted",
  "external",
  "time_up",
  "closed",
  "forked",
  "call_denied",
  "call_failed",
  "run_started",
  "compacted",
]);

/** The events of a view, after all filters. */
function eventsOf(run, view) {
  const out = [];
  for (let seq = 1; seq <= run.last; seq += 1) {
    const { kind } = run.event(seq);
    if (view === "talk" && !talks(run, seq, kind)) continue;
    if (view === "sequence" && !draws(run, seq, kind)) continue;
    if (!filtered() || passes(run, seq, view === "talk" && kind === "call_started" ? endWithin(run, seq) : 0))
      out.push(seq);
  }
  return out;
}

function talks(run, seq, kind) {
  if (app.groups.size && !TALK.has(kind)) return kind !== "call_finished" && !TROUBLE_ENDS.has(kind);
  return TALK.has(kind);
}

function draws(run, seq, kind) {
  if (DRAWN.has(kind)) return true;
  if (kind !== "call_started") return false;
  return run.callAt.get(seq).kind !== "model" || app.groups.has("model");
}
