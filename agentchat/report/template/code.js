// Fenced blocks in a message, and a little colour for programs. What is shown is every character that was said.

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^`]*$/;

/** A text as stretches of prose and of code, in order. A fence that is never closed runs to the end. */
function stretches(text) {
  const out = [];
  let prose = [];
  let fence = null;
  for (const line of text.split("\n")) {
    const match = FENCE.exec(line);
    if (fence) {
      const closes = match && !match[2] && match[1][0] === fence.mark[0] && match[1].length >= fence.mark.length;
      if (closes) {
        out.push(fence);
        fence = null;
      } else fence.lines.push(line);
    } else if (match) {
      if (prose.length) out.push({ prose: prose.join("\n") });
      prose = [];
      fence = { mark: match[1], language: match[2].toLowerCase(), lines: [] };
    } else prose.push(line);
  }
  if (fence) out.push(fence);
  if (prose.length) out.push({ prose: prose.join("\n") });
  return out;
}

const WORDS = {
  python:
    "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield",
  javascript:
    "async await break case catch class const continue default delete do else export extends false finally for from function if import in instanceof let new null of return static super switch this throw true try typeof undefined var void while yield",
  bash: "case do done elif else esac export fi for function if in local return then until while",
  json: "true false null",
};
const ALIASES = {
  py: "python",
  python3: "python",
  js: "javascript",
  ts: "javascript",
  typescript: "javascript",
  sh: "bash",
  shell: "bash",
};

function grammar(language) {
  const name = ALIASES[language] || language;
  const words = WORDS[name] || WORDS.python;
  const comment = name === "javascript" ? "//[^\\n]*" : name === "json" ? "(?!)" : "#[^\\n]*";
  const text = "\"\"\"[\\s\\S]*?\"\"\"|'''[\\s\\S]*?'''|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])*'";
  return new RegExp(`(${comment})|(${text})|\\b(${words.split(" ").join("|")})\\b|\\b(\\d[\\d_.eExXa-fA-F]*)\\b`, "g");
}

const COLOURED = 20000; // characters: beyond, colour costs more than it tells

/** A program as nodes. */
function coloured(source, language) {
  if (marking || source.length > COLOURED || language === "text") return said(source);
  const out = document.createDocumentFragment();
  const kinds = ["comment", "string", "word", "number"];
  let at = 0;
  for (const match of source.matchAll(grammar(language))) {
    if (match.index > at) out.append(visible(source.slice(at, match.index)));
    const kind = kinds[match.slice(1, 5).findIndex((group) => group !== undefined)];
    out.append(h("span", { class: `code-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  if (at < source.length) out.append(visible(source.slice(at)));
  return out;
}

function codeBlock(source, language, title) {
  const head = title || language;
  return h(
    "div",
    { class: "code" },
    head && h("div", { class: "code-head" }, head),
    h("pre", { tabindex: "0" }, coloured(source.replace(/\n+$/, ""), language || "python")),
  );
}

/** Prose; `code` and **strong** words are set apart, without their marks. */
function prose(text) {
  const block = h("div", { class: "prose", dir: "auto" });
  let at = 0;
  for (const match of text.matchAll(/`[^`\n]+`|\*\*[^*\n]+\*\*/g)) {
    block.append(said(text.slice(at, match.index)));
    const code = match[0][0] === "`";
    const inner = match[0].slice(code ? 1 : 2, code ? -1 : -2);
    block.append(h(code ? "code" : "strong", {}, said(inner)));
    at = match.index + match[0].length;
  }
  block.append(said(text.slice(at)));
  return block;
}
