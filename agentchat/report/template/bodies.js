// The bodies of messages and the results of calls, as nodes. Long ones are cut, with a button for the rest.

const LONG = 1400; // characters
const LINES = 22;
const opened = new Set(); // which long texts were opened: they stay so when they scroll away and come back

/** What is shown of a text at first: whole, or cut at the end of a line. */
function cutText(text, long = LONG, lines = LINES) {
  let end = text.length > long * 1.4 ? long : text.length;
  let at = -1;
  for (let line = 0; line < lines && at < end; line += 1) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) return text.slice(0, end);
  }
  return text.slice(0, Math.min(end, at));
}

/** A long text: `draw` makes nodes of what is shown. `key` names it on this page. */
function folded(key, text, draw, ...limits) {
  const cut = cutText(text, ...limits);
  if (cut.length >= text.length - 80) return draw(text);
  const box = h("div", { class: "long" });
  const fill = () => {
    const whole = opened.has(key);
    const label = whole ? "Show less" : `Show all ${many(text.length, "character")}`;
    const turn = (event) => {
      event.stopPropagation();
      if (whole) opened.delete(key);
      else opened.add(key);
      fill();
    };
    box.replaceChildren(
      draw(whole ? text : cut),
      button({ class: "more", "aria-expanded": String(whole), onclick: turn }, label),
    );
  };
  fill();
  return box;
}

function textNodes(text) {
  return stretches(text).map((one) => {
    if (one.lines) return codeBlock(one.lines.join("\n"), one.language);
    return one.prose.trim() ? prose(one.prose.replace(/^\n+|\n+$/g, "")) : null;
  });
}

/** Text as it was said, pictures in it drawn. */
function textBlock(key, text) {
  if (!text.trim()) return h("p", { class: "empty" }, "(an empty message)");
  const [rest, pictures] = withoutPictures(text);
  return [folded(key, rest, (shown) => h("div", { class: "text" }, textNodes(shown))), pictures.map(picture)];
}

function plainBlock(key, text, style = "") {
  const [rest, pictures] = withoutPictures(text);
  const pre = (shown) =>
    h("pre", { class: `plain ${style}`, tabindex: "0", dir: "auto" }, said(shown.replace(/\n+$/, "")));
  return [rest.trim() ? folded(key, rest, pre) : null, pictures.map(picture)];
}

function jsonBlock(key, value) {
  const text = typeof value === "string" ? value : written(value, 2);
  const draw = (shown) => h("pre", { class: "plain json", tabindex: "0" }, coloured(shown, "json"));
  return [folded(key, shortened(text), draw), picturesIn(value).map(picture)];
}

/** A message body. */
function bodyNodes(key, body) {
  switch (body.kind) {
    case "text":
      return body.parts.map((part, place) => partNodes(`${key}.${place}`, part, body.parts.length));
    case "code":
      return codeBlock(body.source, body.language);
    case "code_result":
      return [
        body.runs.map((run, place) => runNodes(`${key}.${place}`, run)),
        body.skipped ? h("p", { class: "note odd" }, `${many(body.skipped, "later block")} not run`) : null,
      ];
    case "direction":
      return [
        toward(body.next, body.instruction),
        aside("why", body.reason),
        (body.answer ?? null) === null ? null : answerNodes(key, body.answer),
      ];
    case "handoff":
      return toward(body.to, body.reason);
    default:
      return [h("p", { class: "typed" }, body.type), jsonBlock(key, body.value)];
  }
}

function answerNodes(key, answer) {
  return typeof answer === "string" ? textBlock(`${key}.answer`, answer) : jsonBlock(`${key}.answer`, answer);
}

function toward(target, told) {
  return h(
    "p",
    { class: "toward" },
    h("span", { class: "arrow", "aria-label": "to" }, "→ "),
    h("strong", {}, said(String(target))),
    told ? ["  ", said(String(told))] : null,
  );
}

function aside(name, text) {
  return text ? h("p", { class: "aside" }, h("span", { class: "label" }, `${name} `), said(String(text))) : null;
}

/** One part of a message: text, a picture, a tool that is asked for, an address. Addresses are never links. */
function partNodes(key, part, count) {
  switch (part.type) {
    case "text":
      return part.content.trim() || count === 1 ? textBlock(key, part.content) : null;
    case "reasoning":
      return h(
        "div",
        { class: "reasoning" },
        h("span", { class: "label" }, "reasoning"),
        folded(key, part.content, prose),
      );
    case "tool_call":
      return h(
        "div",
        { class: "asked" },
        h("span", { class: "label" }, `asks for ${part.name}`),
        plainBlock(key, part.arguments),
      );
    case "tool_call_response":
      return h("div", { class: "asked" }, h("span", { class: "label" }, "tool result"), plainBlock(key, part.response));
    case "blob":
      return blobNodes(part);
    default:
      return h(
        "p",
        { class: "aside" },
        h("span", { class: "label" }, `${part.type === "uri" ? "address" : "file"} `),
        said(part.uri || part.file_id),
        part.mime_type ? ` (${part.mime_type})` : "",
      );
  }
}

function blobNodes(part) {
  const source = pictureSource(part.mime_type, part.content);
  if (source) return picture(source);
  return h(
    "p",
    { class: "aside" },
    h("span", { class: "label" }, "bytes "),
    `${part.mime_type}, ${size(Math.floor((part.content.length * 3) / 4))}`,
  );
}

/** What one program did. */
function runNodes(key, run) {
  const tone = run.status === "ok" ? "good" : "bad";
  const took = run.status === "unsupported" || run.seconds === undefined ? "" : seconds(run.seconds);
  const files = run.files || [];
  const silent = !(run.stdout || "").trim() && !(run.stderr || "").trim() && !files.length;
  return h(
    "div",
    { class: `run ${tone}` },
    h(
      "div",
      { class: "run-head" },
      h("span", { class: "dot", "aria-hidden": "true" }),
      said(runEnding(run)),
      h("span", { class: "took" }, took),
    ),
    run.stdout ? plainBlock(`${key}.out`, run.stdout) : null,
    run.stderr ? plainBlock(`${key}.err`, run.stderr, "stderr") : null,
    silent ? h("p", { class: "empty" }, "(no output)") : null,
    files.map(savedNodes),
  );
}

/** A file that a program left behind: its picture with its name below. */
function savedNodes(file) {
  const source = pictureSource(file.mime_type, file.content);
  return source ? namedPicture(source, file.name) : h("p", { class: "aside" }, said(savedText(file)));
}

/** The result of a call, whatever kind it was. */
function resultNodes(key, result) {
  if (result.of === "model") return bodyNodes(key, { kind: "text", parts: result.parts });
  if (result.of === "code") return runNodes(key, result);
  const value = typeof result.value === "string" ? plainBlock(key, result.value) : jsonBlock(key, result.value ?? null);
  if (result.of === "ask") return [aside("answered by", result.by), value];
  const child = result.child ? aside("conversation", result.child) : null;
  return [
    h(
      "div",
      { class: `run-head ${result.ok ? "good" : "bad"}` },
      h("span", { class: "dot", "aria-hidden": "true" }),
      result.ok ? "the tool gave" : "the tool failed",
    ),
    value,
    child,
  ];
}

// Pictures. Only bytes that stand in the record are drawn, as images, which run nothing and fetch nothing.

const IMAGE_TYPE = /^image\/(png|jpe?g|gif|webp|avif|bmp|svg\+xml)$/i;
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
const IN_TEXT = /!?(?:\[[^\]\n]*\]\()?data:(image\/[a-z+]+);base64,([A-Za-z0-9+/]{20,}={0,2})\)?/gi;
const BARE = /^[ \t]*((?:iVBORw0KGgo|\/9j\/|R0lGOD|UklGR)[A-Za-z0-9+/]{60,}={0,2})[ \t]*$/gm;
const MAGIC = { i: "image/png", "/": "image/jpeg", R: "image/gif", U: "image/webp" };

function pictureSource(type, content) {
  const kind = String(type).split(";")[0].trim();
  return IMAGE_TYPE.test(kind) && BASE64.test(content) ? `data:${kind};base64,${content.replace(/\s+/g, "")}` : null;
}

function picture(source) {
  return h("figure", { class: "picture" }, image(source, "A picture from the record"));
}

function namedPicture(source, name) {
  return h("figure", { class: "picture" }, image(source, name), h("figcaption", {}, said(name)));
}

function image(source, told) {
  return h("img", { src: source, alt: told, loading: "lazy", decoding: "async" });
}

/** A text without the pictures in it (data addresses, or lines of base64 as a program prints them), and these. */
function withoutPictures(text) {
  const found = [];
  if (!text.includes("base64,") && text.search(BARE) < 0) return [text, found];
  const take = (whole, type, content) => {
    const source = pictureSource(type, content);
    if (!source) return whole;
    found.push(source);
    return "[picture]";
  };
  const rest = text.replace(IN_TEXT, take).replace(BARE, (whole, content) => take(whole, MAGIC[content[0]], content));
  return [rest, found];
}

/** The pictures inside a JSON value, as tools give them. */
function picturesIn(value, depth = 0) {
  if (typeof value === "string") return withoutPictures(value)[1];
  if (!value || typeof value !== "object" || depth > 6) return [];
  const type = value.mime_type || value.mimeType || value.media_type;
  const content = value.data || value.content || value.base64;
  const own = typeof content === "string" && type ? pictureSource(type, content) : null;
  return own ? [own] : Object.values(value).flatMap((one) => picturesIn(one, depth + 1));
}

/** JSON text without the bytes of pictures. */
function shortened(text) {
  return text.replace(
    /"(?:data:image\/[a-z+]+;base64,)?[A-Za-z0-9+/]{400,}={0,2}"/gi,
    (one) => `"[${one.length - 2} characters]"`,
  );
}
