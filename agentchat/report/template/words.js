// What each event is, in a few words: its group (for filters), its name, its tone, and one line of what it says.

const GROUPS = [
  ["message", "Messages"],
  ["turn", "Turns"],
  ["model", "Model calls"],
  ["code", "Code"],
  ["tool", "Tools"],
  ["person", "People"],
  ["trouble", "Troubles"],
  ["record", "Record"],
];

const KINDS = {
  opened: ["record", "opened"],
  run_started: ["record", "run"],
  said: ["message", "message"],
  turn_given: ["turn", "turn"],
  turn_passed: ["turn", "passed"],
  turn_failed: ["trouble", "turn failed", "bad"],
  turn_cancelled: ["trouble", "turn stopped", "odd"],
  refused: ["trouble", "refused", "bad"],
  call_denied: ["trouble", "denied", "odd"],
  call_failed: ["trouble", "call failed", "bad"],
  call_cancelled: ["trouble", "call stopped", "odd"],
  call_in_doubt: ["trouble", "in doubt", "odd"],
  diverged: ["trouble", "diverged", "bad"],
  overrun: ["trouble", "overrun", "bad"],
  state_set: ["record", "state"],
  paused: ["person", "question", "odd"],
  answered: ["person", "answer"],
  interrupted: ["person", "interrupted", "odd"],
  external: ["person", "signal"],
  time_up: ["trouble", "time is up", "odd"],
  judged: ["record", "judged"],
  warned: ["trouble", "warning", "odd"],
  taken: ["record", "taken"],
  released: ["record", "released"],
  compacted: ["record", "summarised"],
  persona_changed: ["record", "agent changed", "odd"],
  forked: ["record", "fork"],
  edited: ["record", "edit", "odd"],
  scrubbed: ["record", "scrubbed", "odd"],
  closed: ["record", "end"],
};

const CALL_KINDS = { model: "model", code: "code", tool: "tool", ask: "person" };
const CALL_STATUS = {
  ok: ["came back", "good"],
  error: ["ran without success", "bad"],
  failed: ["failed", "bad"],
  cancelled: ["was stopped", "odd"],
  doubt: ["in doubt: its process ended first", "odd"],
  open: ["no result yet", "odd"],
  unmade: ["counts as not made, after the fork", "quiet"],
  denied: ["was not admitted", "odd"],
};

/** The group that an event is filtered by. */
function groupOf(run, seq) {
  const { kind } = run.event(seq);
  if (kind !== "call_started" && kind !== "call_finished") return KINDS[kind] ? KINDS[kind][0] : "record";
  const call = run.callOf(seq);
  return call ? CALL_KINDS[call.kind] : "record";
}

/** group, name, tone and one line of an event. */
function wordsOf(run, seq) {
  const event = run.event(seq);
  const group = groupOf(run, seq);
  let [, name, tone] = KINDS[event.kind] || ["record", event.kind];
  if (event.kind === "call_started" || event.kind === "call_finished") {
    const call = run.callOf(seq);
    const kind = call ? (call.kind === "ask" ? "question" : call.kind) : "call";
    name = event.kind === "call_started" ? `${kind} call` : `${kind} result`;
    if (event.kind === "call_finished" && call && call.status === "error") tone = "bad";
  }
  if (event.kind === "run_started") name = `run ${event.run}`;
  if (event.kind === "closed") tone = { done: "good", failed: "bad" }[event.outcome] || "odd";
  if (event.kind === "judged" && event.error) tone = "bad";
  return { group, name, tone: tone || "", line: oneLine(lineOf(run, seq, event)) };
}

function lineOf(run, seq, event) {
  switch (event.kind) {
    case "opened":
      return `${event.conversation}: ${run.agents.map((agent) => agent.name).join(", ")}`;
    case "run_started":
      return `until ${ruleText(event.rules)}${budgetText(event.budget)}`;
    case "said":
      return `${event.to ? `to ${event.to}: ` : ""}${bodyText(run.body(event))}`;
    case "turn_given":
      return `on #${event.subject}: ${event.why.reason}`;
    case "turn_passed":
      return "had nothing to say";
    case "turn_failed":
      return problemText(event.error);
    case "turn_cancelled":
      return event.reason;
    case "refused":
      return event.problems.join("; ");
    case "call_started":
      return `${targetText(run, seq, event)}${event.attempt > 1 ? ` (attempt ${event.attempt})` : ""}`;
    case "call_finished":
      return resultText(event.result);
    case "call_denied":
      return `${event.call} call: ${denialText(event)}`;
    case "call_failed":
      return problemText(event.error);
    default:
      return otherLine(run, event);
  }
}

function otherLine(run, event) {
  switch (event.kind) {
    case "call_cancelled":
      return event.reason;
    case "call_in_doubt":
      return `the process ended before the result of #${event.call}: ${{ retry: "it is made again", fail: "it counts as failed" }[event.policy] || "a person is asked"}`;
    case "diverged":
      return `call ${event.ordinal} was recorded as ${event.recorded}, and is now ${event.now}`;
    case "overrun":
      return `#${event.call} cost more than it had reserved: ${written(event.values)}`;
    case "state_set":
      return written(event.state);
    case "paused":
      return event.question;
    case "answered":
      return `${event.pause}: ${written(event.value)}`;
    case "interrupted":
      return event.reason || `by ${event.by}`;
    case "external":
      return `${event.name} ${event.value === undefined ? "" : written(event.value)}`;
    case "time_up":
      return `${event.rule}, after ${seconds(event.active)}`;
    case "judged":
      return `${event.name.split(" ")[0]} on #${event.on}: ${event.error ? problemText(event.error) : written(event.value)}`;
    case "closed":
      return `${event.outcome}: ${event.reason}`;
    case "forked":
      return `from #${event.parent.seq} of ${event.parent.conversation}${event.reason ? `: ${event.reason}` : ""}`;
    case "edited":
      return `${event.act}${event.target ? ` #${event.target}` : ""}: ${event.reason}`;
    case "compacted":
      return `everything up to #${event.upto} is now a summary`;
    case "taken":
    case "released":
      return event.owner;
    default:
      return event.reason || "";
  }
}

function problemText(problem) {
  return `${problem.type}: ${problem.message}`;
}

function denialText(event) {
  const { scope, spent, reserved, asked, cap, unit } = event.values;
  if (cap === undefined) return `${event.reason} ${written(event.values)}`;
  const parts = [`${spent} spent`, reserved ? `${reserved} set aside` : "", asked ? `${asked} asked for` : ""];
  return `no room in the ${scope || event.reason}: ${parts.filter(Boolean).join(", ")}, of ${cap} ${unit}`;
}

function targetText(run, seq, event) {
  const { recipe } = event;
  if (recipe.call === "model") return recipe.model;
  if (recipe.call === "code")
    return `${recipe.language} in ${recipe.sandbox}: ${oneLine(textOf(run, run.programs[seq] || []), 80)}`;
  if (recipe.call === "tool") return `${recipe.name}(${argumentsText(recipe.arguments)})`;
  return `${recipe.to}: ${recipe.question}`;
}

function argumentsText(given) {
  return Object.entries(given)
    .map(([name, value]) => `${name}=${written(value)}`)
    .join(", ");
}

function resultText(result) {
  if (result.of === "model") {
    const asked = result.parts
      .filter((part) => part.type === "tool_call")
      .map((part) => `${part.name}(${part.arguments})`);
    return [replyText(result), ...asked].filter(Boolean).join(" ") || `(nothing; ${result.finish})`;
  }
  if (result.of === "code") return `${runEnding(result)}: ${(result.stdout || result.stderr || "").trim()}${savedTexts(result)}`;
  const value = typeof result.value === "string" ? result.value : written(result.value);
  return result.of === "tool" && !result.ok ? `failed: ${value}` : value;
}

/** A rule in the words of the program that made it. */
function ruleText(rule) {
  const { rule: name, rules, of, ...rest } = rule || {};
  if (name === "any" || name === "all") return rules.map(ruleText).join(name === "any" ? " | " : " & ");
  if (name === "not") return `~${ruleText(of || {})}`;
  const given = Object.entries(rest).filter(([, value]) => value !== null);
  const camel = String(name || "")
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return `${camel}(${given.map(([key, value]) => `${key}=${written(value)}`).join(", ")})`;
}

function budgetText(budget) {
  const caps = Object.entries(budget || {}).filter(([, value]) => typeof value === "number");
  return caps.length
    ? `, at most ${caps.map(([unit, cap]) => (unit === "usd" ? `$${cap}` : `${cap.toLocaleString("en-US")} ${unit}`)).join(", ")}`
    : "";
}
