// The runs of this page: the events as they were written, and what was worked out from them before.

const COLOURS = 8;

class Run {
  constructor(raw, place) {
    Object.assign(this, raw);
    this.place = place;
    this.last = this.events.length;
    this.callAt = new Map(this.calls.map((call) => [call.start, call]));
    this.callEnding = new Map(this.calls.filter((call) => call.end).map((call) => [call.end, call]));
    this.stepAt = new Map();
    this.receivers = new Map(); // message -> who was given a turn on it
    this.changed = new Map(); // event -> the edits that changed it
    this.originals = new Map(); // inserted message -> the edit as it was written
    this.attempts = new Map(); // key of a call -> its attempts
    this.questions = new Map(); // id -> where it was put
    this.prepare();
    this.found = new Array(this.last + 1);
    this.effects = null;
  }

  prepare() {
    for (const change of this.changes) {
      const now = JSON.parse(change.event);
      if (change.target === change.at) {
        this.originals.set(change.at, this.event(change.at));
        this.events[change.at - 1] = now;
      } else this.listed(this.changed, change.target).push({ at: change.at, now });
    }
    for (const step of this.steps) this.stepAt.set(step.given || step.end, step);
    let router = 0; // the message before, where it chose who is next
    this.events.forEach((event, place) => {
      if (event.kind === "said") router = this.routes(event) ? place + 1 : 0;
      if (event.kind === "turn_given") this.listed(this.receivers, router || event.subject).push(this.who[place]);
      else if (event.kind === "call_started") this.listed(this.attempts, event.key).push(place + 1);
      else if (event.kind === "paused") this.questions.set(event.pause, place + 1);
    });
  }

  routes(event) {
    return event.type === "Direction" || (event.body && ["direction", "handoff"].includes(event.body.kind));
  }

  listed(map, key) {
    if (!map.has(key)) map.set(key, []);
    return map.get(key);
  }

  event(seq) {
    return this.events[seq - 1];
  }

  has(seq) {
    return Number.isInteger(seq) && seq >= 1 && seq <= this.last;
  }

  /** The name that an event is about; empty where there is none. */
  name(seq) {
    const number = this.who[seq - 1];
    return number < 0 ? "" : this.names[number];
  }

  number(name) {
    return this.names.indexOf(name);
  }

  time(seq) {
    return this.times[seq - 1];
  }

  /** The entries that an entry brought about. */
  ledTo(seq) {
    if (!this.effects) {
      this.effects = new Map();
      this.cause.forEach((cause, place) => cause && this.listed(this.effects, cause).push(place + 1));
    }
    return this.effects.get(seq) || [];
  }

  /** The causes of an entry, the nearest first. A damaged record could point in a circle: each place counts once. */
  because(seq) {
    const chain = [];
    let at = this.cause[seq - 1];
    while (this.has(at) && !chain.includes(at) && at !== seq) {
      chain.push(at);
      at = this.cause[at - 1];
    }
    return chain;
  }

  /** The call that an event is the start, the end or an account of. */
  callOf(seq) {
    const event = this.event(seq);
    return this.callAt.get(seq) || this.callEnding.get(seq) || this.callAt.get(event.call) || null;
  }

  /** The body of a message, put together from the calls it refers to where it holds none itself. */
  body(event) {
    if (event.body) return event.body;
    const results = (event.from_calls || []).map((call) => this.has(call) && this.resultFor(event, call)).filter(Boolean);
    if (results.length === 1 && results[0].of === "model") return replyBody(results[0], event.type);
    return { kind: "code_result", runs: results, skipped: event.skipped || 0 };
  }

  /** What a call came back with, as it read when the message was entered: edited before that, or not. */
  resultFor(event, call) {
    const edits = this.changed.get(call);
    if (!edits) return this.event(call).result;
    const seq = this.events.indexOf(event) + 1;
    const before = edits.filter((one) => one.at < seq);
    return (before.length ? before[before.length - 1].now : this.event(call)).result;
  }

  /** What can be searched in an event, in lower case. */
  words(seq) {
    if (this.found[seq] === undefined) {
      const event = this.event(seq);
      const out = [event.kind.replaceAll("_", " "), this.name(seq)];
      gather(event, out);
      if (event.from_calls) gather(this.body(event), out);
      const call = this.callAt.get(seq);
      if (call && this.programs[seq]) out.push(textOf(this, this.programs[seq]));
      this.found[seq] = out.join("\n").toLowerCase();
    }
    return this.found[seq];
  }
}

// Fields that hold JSON of the user's own: there, names are words that can be looked for too.
const FREE = new Set(["value", "values", "arguments", "state", "raw"]);

/** All strings and numbers inside a value; digests and pictures say nothing to a reader. */
function gather(value, out) {
  const waiting = [value];
  while (waiting.length) {
    const one = waiting.pop();
    if (typeof one === "string") {
      if (one.length < 5000 || !/^[A-Za-z0-9+/=\s]+$/.test(one.slice(0, 5000))) out.push(one);
    } else if (typeof one === "number") out.push(String(one));
    else if (one && typeof one === "object") {
      for (const key of Object.keys(one)) {
        if (FREE.has(key) && one[key] && typeof one[key] === "object") out.push(written(one[key]));
        else if (key !== "digest" && key !== "tail") waiting.push(one[key]);
      }
    }
  }
}

function replyBody(reply, type) {
  if (!type) return { kind: "text", parts: reply.parts };
  const asked = reply.parts.filter((part) => part.type === "tool_call");
  const raw = asked.length ? asked[asked.length - 1].arguments : replyText(reply);
  try {
    const value = JSON.parse(raw);
    return type === "Direction" ? { ...value, kind: "direction" } : { kind: "data", type, value };
  } catch {
    return { kind: "text", parts: [{ type: "text", content: raw }] };
  }
}

function replyText(reply) {
  return reply.parts
    .filter((part) => part.type === "text")
    .map((part) => part.content)
    .join("");
}

/** A body as plain text, for one line or for a search. */
function bodyText(body) {
  switch (body.kind) {
    case "text":
      return body.parts
        .map((part) => (part.type === "text" ? part.content : part.type === "reasoning" ? "" : `[${part.type}]`))
        .join("");
    case "code":
      return body.source;
    case "code_result":
      return body.runs.map((run) => `${runEnding(run)}: ${run.stdout || ""}${run.stderr || ""}${savedTexts(run)}`).join(" ");
    case "direction":
      return `→ ${body.next}${body.instruction || body.reason ? `: ${body.instruction || body.reason}` : ""}`;
    case "handoff":
      return `→ ${body.to}${body.reason ? `: ${body.reason}` : ""}`;
    default:
      return `${body.type} ${written(body.value)}`;
  }
}

function written(value, indent) {
  try {
    return JSON.stringify(value, null, indent) ?? "null";
  } catch {
    return "(nested too deep to be shown)";
  }
}

/** The files that a program left behind, in words. */
function savedTexts(run) {
  return (run.files || []).map((file) => ` ${savedText(file)}`).join("");
}

function savedText(file) {
  return `[saved ${file.name}: ${file.mime_type}]`;
}

function runEnding(run) {
  const code = run.exit_code === undefined ? "" : ` with exit code ${run.exit_code}`;
  const ending = {
    ok: "finished",
    error: `failed${code}`,
    timeout: "took too long and was stopped",
    killed: "was killed by a limit or a signal",
    unsupported: "was not run",
  };
  const notes = [run.detail, run.truncated && "output cut off"].filter(Boolean).map((note) => `; ${note}`);
  return `${run.language} ${ending[run.status] || run.status}${notes.join("")}`;
}

function hue(number) {
  return number < 0 ? "var(--quiet)" : `var(--agent-${number % COLOURS})`;
}
