'use strict';
(() => {
  /** Owners that have a colour of their own. */
  const COLOURS = 12;
  /** Square pixels below which things are summed up. */
  const LEAST = 90;
  /** Directories in directories that are drawn: those of a site directory are six deep. */
  const DEEP = 8;
  /** Height of the line that names a directory above what is in it, as in the style. */
  const HEAD = 18;

  const make = (name, attributes = {}, ...inside) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  };

  /** Bytes as the tables say them. */
  const bytes = (count) => {
    const [unit, name] = count < 1e3 ? [1, 'B'] : count < 1e5 ? [1e3, 'kB'] : count < 1e10 ? [1e6, 'MB'] : [1e9, 'GB'];
    const figures = count < 1e3 ? 0 : 1;
    return `${(count / unit).toLocaleString('en', { minimumFractionDigits: figures, maximumFractionDigits: figures })} ${name}`;
  };
  const files = (count) => `${count.toLocaleString('en')} ${count === 1 ? 'file' : 'files'}`;

  /**
   * Rectangles as square as can be, each as large as its bytes (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
   * Items come largest first.
   */
  const squarify = (items, x, y, width, height) => {
    const scale = (width * height) / items.reduce((sum, item) => sum + item.bytes, 0);
    const placed = [];
    for (let at = 0; at < items.length;) {
      const side = Math.min(width, height);
      let [end, row, worst] = [at, 0, Infinity];
      for (; end < items.length; end++) {
        const area = items[end].bytes * scale;
        const sum = row + area;
        const ratio = Math.max((side * side * items[at].bytes * scale) / (sum * sum), (sum * sum) / (side * side * area));
        if (ratio > worst) break;
        [row, worst] = [sum, ratio];
      }
      const depth = row / side;
      for (let along = 0; at < end; at++) {
        const length = (items[at].bytes * scale) / depth;
        placed.push(width < height ? [items[at], x + along, y, length, depth] : [items[at], x, y + along, depth, length]);
        along += length;
      }
      if (width < height) [y, height] = [y + depth, height - depth];
      else [x, width] = [x + depth, width - depth];
    }
    return placed;
  };

  /** What is in a node, largest first; what would be too small to see in so many square pixels is one node. */
  const parts = (node, area) => {
    const cut = node.below.findIndex((child) => (child.bytes / node.bytes) * area < LEAST);
    if (cut < 0 || cut === node.below.length - 1) return node.below;
    const small = node.below.slice(cut);
    const sum = (key) => small.reduce((total, child) => total + child[key], 0);
    const owner = small.every((child) => child.owner === small[0].owner) ? small[0].owner : -2;
    const rest = { name: '', parent: node, below: small, bytes: sum('bytes'), files: sum('files'), owner };
    return [...node.below.slice(0, cut), rest].sort((one, other) => other.bytes - one.bytes);
  };

  const read = (cells) => {
    const nodes = cells.map(([parent, size, count, owner, name]) => ({ parent, bytes: size, files: count, owner, name, below: [] }));
    for (const node of nodes.slice(1)) {
      node.parent = nodes[node.parent];
      node.parent.below.push(node);
    }
    nodes[0].parent = null;
    for (const node of nodes) node.below.sort((one, other) => other.bytes - one.bytes);
    return nodes[0];
  };

  const name = (node) => node.name || (node.parent ? `${node.files.toLocaleString('en')} smaller` : '/');
  const trail = (node) => (node.parent ? [...trail(node.parent), node] : [node]);
  const path = (node) => `/${trail(node).slice(1).map(name).join('/')}`;

  const map = (box) => {
    const data = JSON.parse(box.querySelector('script').textContent);
    const root = read(data.cells);
    const crumbs = make('nav', { class: 'crumbs', 'aria-label': 'Place in the tree' });
    const stage = make('div', { class: 'stage', role: 'group' });
    const said = make('p', { class: 'said' });
    const legend = make('ul', { class: 'legend', 'aria-label': 'Owners' });
    box.append(crumbs, stage, said, legend);
    box.hidden = false;

    const chosen = new Set();
    let here = root;
    let drawn = new Map();

    const colour = (owner) => (owner >= COLOURS ? 'ox' : owner >= 0 ? `o${owner}` : owner === -1 ? 'ou' : 'om');
    const owned = (owner) => (owner >= 0 ? data.owners[owner].slice(0, 3).join(' ') : owner === -1 ? 'no package' : 'several packages');
    const details = (node) => `${((100 * node.bytes) / (root.bytes || 1)).toFixed(1)} %, ${files(node.files)}, ${owned(node.owner)}`;
    const tell = (node) => `${path(node)}, ${bytes(node.bytes)}, ${details(node)}`;

    /** Names a cell in its front, and draws what is in it behind that. */
    const fill = (cell, front, node, width, height, left) => {
      cell.classList.add(colour(node.owner));
      if (chosen.has(colour(node.owner))) cell.classList.add('on');
      if (width > 34 && height >= HEAD) {
        const size = width > 120 ? [' ', make('small', {}, bytes(node.bytes))] : [];
        front.append(make('b', {}, name(node), ...size));
      }
      if (left > 0 && node.name && node.below.length && width > 30 && height > HEAD + 14) {
        const inside = make('span', { class: 'in', 'aria-hidden': 'true' });
        lay(inside, node, width - 4, height - HEAD - 3, left - 1);
        cell.append(inside);
      }
    };

    /** What one can be at: a cell of the directory that is shown. */
    const front = (node) => {
      // The label begins with what can be read in the cell, so that people can say it (WCAG 2.2, "Label in Name").
      const label = `${name(node)} ${bytes(node.bytes)}, ${details(node)}, ${path(node)}`;
      const button = make('button', { type: 'button', class: node.below.length ? 'zooms' : '', title: tell(node), 'aria-label': label });
      button.tabIndex = -1;
      drawn.set(button, node);
      return button;
    };

    const lay = (parent, node, width, height, left) => {
      for (const [child, x, y, w, h] of squarify(parts(node, width * height), 0, 0, width, height)) {
        const cell = make('span', { class: 'cell' });
        const share = (length, whole) => `${((100 * length) / whole).toFixed(4)}%`;
        Object.assign(cell.style, { left: share(x, width), top: share(y, height), width: share(w, width), height: share(h, height) });
        cell.dataset.bytes = child.bytes;
        parent.append(cell);
        if (parent === stage) {
          const button = front(child);
          cell.append(button);
          fill(cell, button, child, w, h, left);
        } else fill(cell, cell, child, w, h, left);
      }
    };

    const draw = () => {
      drawn = new Map();
      stage.replaceChildren();
      stage.classList.toggle('filtered', chosen.size > 0);
      stage.setAttribute('aria-label', `Map of ${path(here)}, ${bytes(here.bytes)}: arrows move, Enter opens, Escape leaves`);
      if (here.bytes > 0) lay(stage, here, stage.clientWidth, stage.clientHeight, DEEP);
      const [first] = drawn.keys();
      if (first) first.tabIndex = 0;
      crumbs.replaceChildren(...trail(here).flatMap((node, depth) => {
        const button = make('button', { type: 'button' }, name(node));
        if (node === here) button.setAttribute('aria-current', 'location');
        button.addEventListener('click', () => go(node));
        return depth > 1 ? [make('span', { 'aria-hidden': 'true' }, '/'), button] : [button];
      }));
      said.textContent = tell(here);
    };

    const focus = (cell) => {
      for (const other of drawn.keys()) other.tabIndex = other === cell ? 0 : -1;
      cell.focus();
    };

    /** Shows a directory; the focus is on where one came from. */
    const go = (node) => {
      const from = trail(here).find((below) => below.parent === node) ?? null;
      here = node;
      draw();
      const cells = [...drawn];
      const same = cells.find(([, child]) => child === from) ?? cells.find(([, child]) => !child.name && from);
      if (cells.length) focus((same ?? cells[0])[0]);
    };

    /** The nearest cell in a direction. */
    const next = (cell, [dx, dy]) => {
      const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
      const from = cell.getBoundingClientRect();
      const [x, y] = middle(from);
      let [best, least] = [null, Infinity];
      for (const other of drawn.keys()) {
        const to = other.getBoundingClientRect();
        const [u, v] = middle(to);
        const ahead = dx ? (u - x) * dx : (v - y) * dy;
        const aside = dx ? Math.max(0, to.top - y, y - to.bottom) : Math.max(0, to.left - x, x - to.right);
        const beyond = dx ? (dx > 0 ? to.left >= from.right - 1 : to.right <= from.left + 1) : dy > 0 ? to.top >= from.bottom - 1 : to.bottom <= from.top + 1;
        if (beyond && ahead + 3 * aside < least) [best, least] = [other, ahead + 3 * aside];
      }
      return best;
    };

    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    stage.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const cells = [...drawn.keys()];
      let cell = null;
      if (ARROWS[event.key]) cell = next(event.target, ARROWS[event.key]);
      else if (event.key === 'Home') [cell] = cells;
      else if (event.key === 'End') cell = cells.at(-1);
      else if (event.key === 'Escape' || event.key === 'Backspace') {
        if (here.parent) go(here.parent);
      } else return;
      event.preventDefault();
      if (cell) focus(cell);
    });
    stage.addEventListener('click', (event) => {
      const node = drawn.get(event.target.closest('button'));
      if (node?.below.length) go(node);
    });
    for (const kind of ['focusin', 'mouseover']) {
      stage.addEventListener(kind, (event) => {
        const node = drawn.get(event.target.closest('button'));
        if (node) said.textContent = tell(node);
      });
    }

    const own = data.owners.slice(0, COLOURS).map((owner, place) => [colour(place), owned(place), owner[3]]);
    if (data.owners.length > COLOURS) {
      const others = data.owners.slice(COLOURS);
      own.push(['ox', `${others.length} other packages`, others.reduce((sum, owner) => sum + owner[3], 0)]);
    }
    own.push(['ou', 'no package', root.bytes - data.owners.reduce((sum, owner) => sum + owner[3], 0)]);
    for (const [key, text, size] of own) {
      const button = make('button', { type: 'button', 'aria-pressed': 'false' }, make('i', { class: key }), text, make('span', {}, bytes(size)));
      button.addEventListener('click', () => {
        const on = !chosen.delete(key);
        if (on) chosen.add(key);
        button.setAttribute('aria-pressed', String(on));
        draw();
      });
      legend.append(make('li', {}, button));
    }

    let size = '';
    new ResizeObserver(() => {
      const now = `${stage.clientWidth} ${stage.clientHeight}`;
      if (size === now) return;
      size = now;
      const place = [...drawn.keys()].indexOf(document.activeElement);
      draw();
      if (place >= 0) focus([...drawn.keys()][place] ?? [...drawn.keys()].at(-1));
    }).observe(stage);
  };

  /** Headers that sort their table: numbers largest first. */
  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 2) return;
    for (const [column, head] of heads.entries()) {
      const button = make('button', { type: 'button' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const number = head.classList.contains('n');
        const down = head.hasAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'ascending' : number;
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        const value = (row) => (number ? Number(row.cells[column].dataset.v) : row.cells[column].textContent);
        const before = (one, other) => (number ? value(one) - value(other) : value(one).localeCompare(value(other), 'en', { numeric: true }));
        table.tBodies[0].append(...rows.sort((one, other) => (down ? before(other, one) : before(one, other))));
      });
    }
  };

  document.querySelectorAll('.map').forEach(map);
  document.querySelectorAll('table').forEach(sortable);
})();
