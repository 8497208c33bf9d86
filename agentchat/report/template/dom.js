// Elements and text nodes. Text of a run only ever becomes a text node; no markup is parsed anywhere on this page.

const SVG = "http://www.w3.org/2000/svg";

// Characters that cannot be seen, or that make text read otherwise than it stands: they are shown by name.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
const SOME_HIDDEN = new RegExp(HIDDEN.source, "u");

let marking = null; // the words that are searched for, as one expression

function nameOf(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Text for an attribute or a title: hidden characters by name. */
function plain(text) {
  return SOME_HIDDEN.test(text) ? text.replace(HIDDEN, (one) => `⟨${nameOf(one)}⟩`) : text;
}

function pieces(text, expression, wrap, otherwise) {
  const out = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(expression)) {
    if (match[0] === "") continue;
    if (match.index > at) out.append(otherwise(text.slice(at, match.index)));
    out.append(wrap(match[0]));
    at = match.index + match[0].length;
  }
  if (at < text.length) out.append(otherwise(text.slice(at)));
  return out;
}

/** A text as nodes: hidden characters shown by name. */
function visible(text) {
  text = text.replace(/\r\n/g, "\n");
  if (!SOME_HIDDEN.test(text)) return document.createTextNode(text);
  const name = (one) => h("span", { class: "hidden-char" }, nameOf(one));
  return pieces(text, HIDDEN, name, (rest) => document.createTextNode(rest));
}

/** What somebody said, as nodes: as `visible`, and what is searched for is marked. */
function said(text) {
  if (!marking || !text) return visible(text);
  return pieces(text, marking, (one) => h("mark", {}, one), visible);
}

function make(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "vars") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
    else node.setAttribute(name, value === true ? "" : plain(String(value)));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : visible(String(child)));
  }
  return node;
}

/** An HTML element. Strings among the children become text. */
function h(tag, props, ...children) {
  return make(document.createElement(tag), props, children);
}

/** An SVG element. */
function s(tag, props, ...children) {
  return make(document.createElementNS(SVG, tag), props, children);
}

/** A button that only does something on this page. */
function button(props, ...children) {
  return h("button", { type: "button", ...props }, ...children);
}

function byId(id) {
  return document.getElementById(id);
}

function many(count, what) {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

function oneLine(text, most = 240) {
  const line = text
    .slice(0, most * 3)
    .replace(/\s+/g, " ")
    .trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

function seconds(value) {
  if (value < 0.00001) return "0 s";
  if (value < 0.001) return `${Number((value * 1000).toPrecision(2))} ms`;
  if (value < 1) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 60) return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
  const whole = Math.round(value);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
}

function dollars(value) {
  if (value === 0) return "$0";
  if (value < 0.0001) return "< $0.0001";
  return `$${value < 1 ? Number(value.toPrecision(3)) : value.toFixed(2)}`;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
