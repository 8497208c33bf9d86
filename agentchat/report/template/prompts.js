// The exact prompt of a model call, put together from what it added to the call that it goes on from.

/** One part of a recipe: literal text, or a pointer [mark, event, path, from, to] to text in an event. */
function partText(run, part) {
  if (typeof part === "string") return part;
  const [mark, seq, path, from, to] = part;
  let value = run.originals.get(seq) || run.event(seq);
  for (const step of path.split("/")) value = value[step];
  if (mark === "~") return JSON.stringify(value).slice(1, -1);
  return from === undefined ? value : value.slice(from, to);
}

function textOf(run, parts) {
  return parts.map((part) => partText(run, part)).join("");
}

/** The calls whose messages a prompt is made of, the first one first. */
function promptSteps(run, seq) {
  const steps = [];
  let at = seq;
  while (at && run.prompts[at]) {
    steps.push(at);
    at = run.prompts[at].base;
  }
  return steps.reverse();
}

/** The messages of a prompt: role, text, and the call that added each. `raw` is its JSON where it is more than that. */
function promptMessages(run, seq) {
  return promptSteps(run, seq).flatMap((call) => run.prompts[call].add.map(([role, parts]) => ({ call, role, parts })));
}

function promptTail(run, seq) {
  const holder = promptSteps(run, seq)
    .reverse()
    .find((call) => run.prompts[call].tail);
  return holder ? textOf(run, run.prompts[holder].tail) : "";
}

/** The request as it was sent, byte for byte: the recorded digest is that of this text in UTF-8. */
function requestText(run, seq) {
  const responses = run.prompts[seq].wire === "responses";
  const quoted = promptMessages(run, seq).map(({ role, parts }) => {
    const text = textOf(run, parts);
    if (role === "raw") return text;
    const kind = responses ? '"type":"message",' : "";
    return `{${kind}"role":"${role}","content":${JSON.stringify(text)}}`;
  });
  return `${responses ? '{"input":[' : '{"messages":['}${quoted.join(",")}${promptTail(run, seq)}`;
}

/** What a request says beside its messages: model, limits, tools, schemas. */
function requestSettings(run, seq) {
  try {
    const { messages, ...rest } = JSON.parse(`{"messages":[${promptTail(run, seq)}`);
    return rest;
  } catch {
    return null;
  }
}

/** One message as it is read: its role, its text, and what else it carries. */
function readMessage(run, message) {
  const text = textOf(run, message.parts);
  if (message.role !== "raw") return { role: message.role, text, more: null };
  let value = {};
  try {
    value = JSON.parse(text);
  } catch {
    return { role: "raw", text, more: null };
  }
  if (value.type === "function_call_output") return { role: "tool", text: String(value.output), more: null };
  if (value.type === "function_call") return { role: "assistant", text: "", more: { calls: [value] } };
  const listed = Array.isArray(value.content) ? value.content : [];
  const texts = listed.map((part) => part.text).filter((one) => typeof one === "string");
  const calls = (value.tool_calls || []).map((call) => call.function || call);
  return {
    role: String(value.role || value.type || "raw"),
    text: typeof value.content === "string" ? value.content : texts.join("\n"),
    more: { calls, listed, reasoning: value.reasoning_content },
  };
}
