// The words in which two texts differ, painted over where they stand: nothing is put into the page for it.

const MOST_WORDS = 1200; // words of one text between what is alike at both ends; beyond, all between counts as differing

function paints() {
  if (typeof Highlight === "undefined" || !CSS.highlights) return null;
  if (!CSS.highlights.has("differing")) CSS.highlights.set("differing", new Highlight());
  return CSS.highlights.get("differing");
}

/** The words of an element: each with the range of text that it takes up. */
function wordsIn(element) {
  const out = [];
  const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    for (const match of node.data.matchAll(/\d+(?:\.\d+)*|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu))
      out.push({ node, at: match.index, word: match[0] });
  }
  return out;
}

/** Paint the words of two cells that the other does not have. The row lets go of them when it leaves the page. */
function markDiffering(row, left, right) {
  const paint = paints();
  if (!paint || !left || !right) return;
  const ranges = differing(wordsIn(left), wordsIn(right)).map(({ node, at, word }) => {
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, at + word.length);
    paint.add(range);
    return range;
  });
  row.leave = () => ranges.forEach((range) => paint.delete(range));
}

function differing(a, b) {
  let head = 0;
  while (head < a.length && head < b.length && a[head].word === b[head].word) head += 1;
  let tail = 0;
  const same = () => a[a.length - 1 - tail].word === b[b.length - 1 - tail].word;
  while (tail < Math.min(a.length, b.length) - head && same()) tail += 1;
  const [left, right] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  if (left.length > MOST_WORDS || right.length > MOST_WORDS) return [...left, ...right];
  return unshared(left, right);
}

/** What is left of both without their longest common subsequence. */
function unshared(a, b) {
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  for (let x = a.length - 1; x >= 0; x -= 1) {
    for (let y = b.length - 1; y >= 0; y -= 1) {
      const [right, down] = [best[x * wide + y + 1], best[(x + 1) * wide + y]];
      best[x * wide + y] = a[x].word === b[y].word ? best[(x + 1) * wide + y + 1] + 1 : Math.max(right, down);
    }
  }
  const out = [];
  let [x, y] = [0, 0];
  while (x < a.length || y < b.length) {
    if (x < a.length && y < b.length && a[x].word === b[y].word) [x, y] = [x + 1, y + 1];
    else if (y === b.length || (x < a.length && best[(x + 1) * wide + y] >= best[x * wide + y + 1])) out.push(a[x++]);
    else out.push(b[y++]);
  }
  return out;
}
