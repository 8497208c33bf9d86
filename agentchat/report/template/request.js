// The exact prompt of a model call, folded in: what is new first, what earlier calls had sent behind a button.

const EARLIER = 200; // messages of the shared history that are drawn at once

function requestNodes(run, seq) {
  const prompt = run.prompts[seq];
  if (prompt.problem) return h("p", { class: "note bad" }, "The prompt cannot be rebuilt: ", visible(prompt.problem));
  const count = promptSteps(run, seq).reduce((sum, call) => sum + run.prompts[call].add.length, 0);
  const box = h("details", { class: "fold request", data: { fold: "prompt" } });
  box.append(
    h(
      "summary",
      {},
      h("span", {}, "Exact prompt"),
      h("span", { class: "fold-more" }, `${many(count, "message")} · ${size(prompt.size)}`),
      digestPill(prompt),
    ),
  );
  box.open = app.promptOpen === true;
  const fill = () => {
    app.promptOpen = box.open;
    if (box.open && box.children.length === 1) box.append(requestBody(run, seq));
  };
  box.addEventListener("toggle", fill);
  if (box.open) fill();
  return box;
}

function digestPill(prompt) {
  if (prompt.exact)
    return h("span", { class: "pill good", title: `SHA-256 ${prompt.digest}, recorded when it was sent` }, "✓ as sent");
  return h(
    "span",
    { class: "pill bad", title: `The recorded digest is ${prompt.digest}` },
    "differs from what was sent",
  );
}

function requestBody(run, seq) {
  const messages = promptMessages(run, seq);
  const own = messages.filter((message) => message.call === seq);
  const earlier = messages.slice(0, messages.length - own.length);
  const body = h("div", { class: "request-body" });
  const shared = h("div", {});
  if (earlier.length) body.append(earlierMessages(run, seq, earlier, shared), shared);
  body.append(...own.map((message, place) => messageNodes(run, `${run.place}:${seq}:own${place}`, message)));
  const settings = requestSettings(run, seq);
  if (settings)
    body.append(
      h(
        "details",
        { class: "fold inner" },
        h("summary", {}, "Settings", h("span", { class: "fold-more" }, Object.keys(settings).join(", "))),
        jsonBlock(`${run.place}:${seq}:tail`, settings),
      ),
    );
  body.append(
    h(
      "p",
      {},
      copyButton("Copy the request as JSON", () => requestText(run, seq)),
    ),
  );
  return body;
}

/** A button that unrolls the messages that this call shares with the one it goes on from, the latest first to appear. */
function earlierMessages(run, seq, earlier, shared) {
  let shown = 0;
  const from = run.prompts[seq].base;
  const line = h("p", { class: "earlier" });
  const label = () => {
    const left = earlier.length - shown;
    const text = shown
      ? `Show ${many(Math.min(EARLIER, left), "message")} before these`
      : `Show the ${many(left, "message")} that the call at #${from} sent too`;
    line.replaceChildren(...(left ? [button({ class: "more", onclick: more }, text)] : []));
  };
  const more = () => {
    const next = earlier.slice(Math.max(0, earlier.length - shown - EARLIER), earlier.length - shown);
    shown += next.length;
    shared.prepend(
      ...next.map((message, place) =>
        messageNodes(run, `${run.place}:${seq}:${earlier.length - shown + place}`, message),
      ),
    );
    label();
  };
  if (earlier.length <= 6) more();
  label();
  return line;
}

function messageNodes(run, key, message) {
  const { role, text, more } = readMessage(run, message);
  const calls =
    more && more.calls
      ? more.calls.map((call) =>
          h(
            "div",
            { class: "asked" },
            h("span", { class: "label" }, "asks for ", visible(String(call.name))),
            plainBlock(`${key}:${call.name}`, String(call.arguments ?? "")),
          ),
        )
      : [];
  const listed = more && more.listed ? picturesIn(more.listed).map(picture) : [];
  const reasoning =
    more && more.reasoning
      ? h("div", { class: "reasoning" }, h("span", { class: "label" }, "reasoning"), prose(String(more.reasoning)))
      : null;
  return h(
    "div",
    { class: `prompt-message role-${["system", "user", "assistant", "tool"].includes(role) ? role : "other"}` },
    h("div", { class: "prompt-role" }, role),
    reasoning,
    text ? plainBlock(key, text) : null,
    calls,
    listed,
  );
}

function copyButton(label, text) {
  const node = button({ class: "more" }, label);
  node.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      node.textContent = "Copied";
    } catch {
      node.textContent = "The browser does not allow it";
    }
    setTimeout(() => (node.textContent = label), 1600);
  });
  return node;
}
