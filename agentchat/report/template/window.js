// A list of any length of which only the rows near the window are in the page. The page itself scrolls.

const OVER = 600; // pixels above and below the window that are kept ready
const MOST_ROWS = 300;

class Windowed {
  /** box: the element that holds the rows. draw(item, place) makes a row. guess(item): its height before it is seen. */
  constructor(box, draw, guess) {
    this.box = box;
    this.draw = draw;
    this.guess = guess;
    this.items = [];
    this.live = new Map();
    this.watch = new ResizeObserver((changes) => this.resized(changes));
    this.soon = 0;
    const later = () => {
      if (!this.soon) this.soon = requestAnimationFrame(() => ((this.soon = 0), this.show()));
    };
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later, { passive: true });
  }

  set(items) {
    this.clear();
    this.items = items;
    this.heights = new Float64Array(items.length);
    this.sums = new Float64Array(items.length + 1); // a Fenwick tree over the heights
    items.forEach((item, place) => (this.heights[place] = this.guess(item)));
    for (let place = 1; place <= items.length; place += 1) {
      this.sums[place] += this.heights[place - 1];
      const above = place + (place & -place);
      if (above <= items.length) this.sums[above] += this.sums[place];
    }
    this.show();
  }

  clear() {
    for (const [place, row] of this.live) this.drop(place, row);
  }

  /** The rows once more, after something that they show has changed. */
  again() {
    this.clear();
    this.show();
  }

  top(place) {
    let sum = 0;
    for (let at = place; at > 0; at -= at & -at) sum += this.sums[at];
    return sum;
  }

  /** The row at a height. */
  at(y) {
    let place = 0;
    let step = 1;
    while (step * 2 <= this.items.length) step *= 2;
    for (; step; step >>= 1) {
      if (place + step <= this.items.length && this.sums[place + step] <= y) {
        place += step;
        y -= this.sums[place];
      }
    }
    return Math.min(place, this.items.length - 1);
  }

  grow(place, height) {
    const more = height - this.heights[place];
    this.heights[place] = height;
    for (let at = place + 1; at <= this.items.length; at += at & -at) this.sums[at] += more;
  }

  above() {
    return -this.box.getBoundingClientRect().top;
  }

  show() {
    if (!this.box.isConnected || !this.items.length) {
      this.box.style.height = "0px";
      return;
    }
    for (let pass = 0; pass < 4; pass += 1) if (!this.fill()) break;
    this.place();
  }

  /** Put the rows near the window in, take the others out. Says whether a height was other than guessed. */
  fill() {
    const from = this.at(Math.max(0, this.above() - OVER));
    const until = this.above() + innerHeight + OVER;
    const anchor = this.at(Math.max(0, this.above()));
    const before = this.top(anchor);
    const wanted = new Set();
    for (let place = from; place < this.items.length && wanted.size < MOST_ROWS; place += 1) {
      wanted.add(place);
      if (this.top(place + 1) > until) break;
    }
    for (const [place, row] of this.live) if (!wanted.has(place)) this.drop(place, row);
    const fresh = [...wanted].filter((place) => !this.live.has(place)).map((place) => this.add(place));
    let changed = false;
    for (const [place, row] of fresh) {
      const height = row.offsetHeight;
      if (Math.abs(height - this.heights[place]) > 0.5) {
        this.grow(place, height);
        changed = true;
      }
    }
    if (changed) this.hold(this.top(anchor) - before);
    return changed;
  }

  /** Keep what is read in its place when rows above it change their height. */
  hold(shift) {
    if (Math.abs(shift) < 0.5 || this.above() <= 0) return;
    this.place();
    scrollBy({ top: shift, behavior: "instant" });
  }

  add(place) {
    const row = this.draw(this.items[place], place);
    row.classList.add("row");
    row.setAttribute("aria-posinset", place + 1);
    row.setAttribute("aria-setsize", this.items.length);
    row.dataset.place = place;
    let next = null;
    for (const [other, node] of this.live)
      if (other > place && (!next || other < Number(next.dataset.place))) next = node;
    this.box.insertBefore(row, next);
    this.live.set(place, row);
    this.watch.observe(row);
    return [place, row];
  }

  drop(place, row) {
    this.watch.unobserve(row);
    row.remove();
    row.leave?.();
    this.live.delete(place);
  }

  place() {
    this.box.style.height = `${this.top(this.items.length)}px`;
    for (const [place, row] of this.live) row.style.transform = `translateY(${this.top(place)}px)`;
  }

  resized(changes) {
    const anchor = this.at(Math.max(0, this.above()));
    const before = this.top(anchor);
    let changed = false;
    for (const { target } of changes) {
      const place = Number(target.dataset.place);
      if (this.live.get(place) !== target) continue;
      const height = target.offsetHeight;
      if (height && Math.abs(height - this.heights[place]) > 0.5) {
        this.grow(place, height);
        changed = true;
      }
    }
    if (!changed) return;
    this.hold(this.top(anchor) - before);
    this.show();
  }

  /** Scroll so far that a row can be seen, below what stays at the head of the page. */
  reveal(place, head, middle) {
    const start = this.box.getBoundingClientRect().top + scrollY;
    for (let pass = 0; pass < 3; pass += 1) {
      const top = start + this.top(place);
      const room = innerHeight - head;
      const height = this.heights[place];
      const seen = top >= scrollY + head && top + Math.min(height, room) <= scrollY + innerHeight;
      if (seen && !middle) return;
      const up = top < scrollY + head;
      const gap = middle ? Math.max(8, (room - height) / 3) : up ? 8 : Math.max(8, room - height - 16);
      scrollTo({ top: top - head - gap, behavior: "instant" });
      this.show();
    }
  }
}
