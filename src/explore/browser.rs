//! The tree pane: which rows there are, and where one is among them.

use super::cursor::Cursor;
use super::filter::Wanted;
use super::paths::{Item, Mark, Paths};
use super::view::View;

/// A row of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The path.
    pub item: Item,
    /// How many directories it is in, of those that are rows.
    pub depth: u32,
}

/// What is looked for among the paths, instead of walking the tree.
#[derive(Debug, Clone)]
pub struct Search {
    /// What is looked for.
    pub wanted: Wanted,
    /// How many paths were looked at.
    seen: usize,
}

/// The state of the tree pane. Its rows are made when something changes that they depend on, never for a frame.
#[derive(Debug)]
pub struct Browser {
    /// What is shown of the image.
    pub view: View,
    /// Whether the largest go first, instead of the first by name.
    pub by_size: bool,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where one is.
    pub cursor: Cursor,
    /// What is looked for: the rows are what was found so far.
    pub search: Option<Search>,
    /// What was looked for last.
    last: Option<Wanted>,
    unfolded: Vec<bool>,
    /// The place among the largest that was jumped to last.
    jumped: Option<usize>,
}

impl Browser {
    /// The final tree, folded but for its root.
    pub fn new(paths: &Paths) -> Self {
        let mut unfolded = vec![false; paths.len()];
        unfolded.iter_mut().take(1).for_each(|root| *root = true);
        let mut browser = Self {
            view: View::Final,
            by_size: false,
            rows: Vec::new(),
            cursor: Cursor::default(),
            search: None,
            last: None,
            unfolded,
            jumped: None,
        };
        browser.build(paths);
        browser
    }

    /// The chosen item.
    pub fn item(&self) -> Option<Item> {
        self.rows.get(self.cursor.at).map(|row| row.item)
    }

    /// Whether a directory shows what it holds.
    pub fn is_unfolded(&self, item: Item) -> bool {
        self.unfolded.get(item).copied().unwrap_or_default()
    }

    /// Makes the rows anew, and stays where one was, or in the nearest directory above that is still a row.
    pub fn build(&mut self, paths: &Paths) {
        let was = self.item();
        self.jumped = None;
        if let Some(search) = &mut self.search {
            search.seen = 0;
            self.rows.clear();
            self.cursor = Cursor::default();
            self.step(paths);
            return;
        }
        self.rows.clear();
        if self.by_size {
            self.walk_by_size(paths);
        } else {
            self.walk_by_name(paths);
        }
        if let Some(item) = was {
            self.choose(paths, item);
        }
    }

    /// The rows by name: that is the order in which paths stand.
    fn walk_by_name(&mut self, paths: &Paths) {
        let (mut item, mut around) = (0, Vec::new());
        while item < paths.len() {
            let end = paths.end(item);
            if !self.view.sees(paths, item) {
                item = end;
                continue;
            }
            while around.last().is_some_and(|end| *end <= item) {
                around.pop();
            }
            self.rows.push(Row { item, depth: u32::try_from(around.len()).unwrap_or(u32::MAX) });
            if end == item + 1 || self.is_unfolded(item) {
                around.extend((end > item + 1).then_some(end));
                item += 1;
            } else {
                item = end;
            }
        }
    }

    /// The rows, of each directory the largest first.
    fn walk_by_size(&mut self, paths: &Paths) {
        let mut stack = if paths.is_empty() { vec![] } else { vec![Row { item: 0, depth: 0 }] };
        while let Some(row) = stack.pop() {
            self.rows.push(row);
            if self.is_unfolded(row.item) {
                let children = self.view.children(paths, row.item, true).into_iter().rev();
                stack.extend(children.map(|item| Row { item, depth: row.depth + 1 }));
            }
        }
    }

    /// Goes to an item, or to the nearest directory above it that is a row.
    fn choose(&mut self, paths: &Paths, item: Item) {
        let mut ways = std::iter::once(item).chain(paths.above(item));
        self.cursor.at = ways.find_map(|item| self.rows.iter().position(|row| row.item == item)).unwrap_or_default();
    }

    /// Looks at some more paths for what is looked for. Whether there are more.
    pub fn step(&mut self, paths: &Paths) -> bool {
        let Some(search) = &mut self.search else { return false };
        let by_rank = self.by_size && self.view == View::Final;
        let until = paths.len().min(search.seen.saturating_add(search.wanted.step()));
        for place in search.seen..until {
            let found = if by_rank { paths.largest(place) } else { Some(place) };
            let found = found.filter(|item| *item > 0 && self.view.sees(paths, *item) && search.wanted.fits(paths, *item));
            self.rows.extend(found.map(|item| Row { item, depth: 0 }));
        }
        let is_new = until > search.seen;
        search.seen = until;
        let is_done = until == paths.len();
        if is_done && is_new && self.by_size && !by_rank {
            let view = self.view;
            self.rows.sort_by_cached_key(|row| std::cmp::Reverse(view.bytes(paths, row.item)));
        }
        !is_done
    }

    /// Whether all that is looked for was found.
    pub fn is_settled(&self, paths: &Paths) -> bool {
        self.search.as_ref().is_none_or(|search| search.seen >= paths.len())
    }

    /// Looks for something.
    pub fn look_for(&mut self, paths: &Paths, wanted: Wanted) {
        self.last = Some(wanted.clone());
        self.search = Some(Search { wanted, seen: 0 });
        self.build(paths);
    }

    /// Back to the tree, where the chosen item is.
    pub fn close_search(&mut self, paths: &Paths) {
        if self.search.is_some() {
            if let Some(item) = self.item() {
                self.reveal(paths, item);
            } else {
                self.search = None;
                self.build(paths);
            }
        }
    }

    /// Goes to an item in the tree: what it is in is unfolded. Where the view does not have it, another is chosen.
    pub fn reveal(&mut self, paths: &Paths, item: Item) {
        self.search = None;
        if !self.view.sees(paths, item) {
            let last = paths.events(item).last();
            self.view = last.filter(|_| paths.node(item).is_none()).map_or(View::Final, |event| View::Changes(event.layer));
        }
        for above in paths.above(item) {
            if let Some(unfolded) = self.unfolded.get_mut(above) {
                *unfolded = true;
            }
        }
        self.build(paths);
        self.choose(paths, item);
    }

    /// Shows what a directory holds, or does not.
    pub fn fold(&mut self, paths: &Paths, item: Item, unfolded: bool) {
        if let Some(is_unfolded) = self.unfolded.get_mut(item).filter(|_| paths.is_directory(item)) {
            *is_unfolded = unfolded;
            self.build(paths);
        }
    }

    /// Unfolds a directory and all directories below it; folds them where they are all unfolded, but for the root.
    pub fn fold_all(&mut self, paths: &Paths, item: Item) {
        let all = item..paths.end(item);
        let unfolded = all.clone().any(|item| paths.is_directory(item) && !self.is_unfolded(item));
        self.unfolded.get_mut(all).unwrap_or_default().fill(unfolded);
        self.unfolded.iter_mut().take(1).for_each(|root| *root = true);
        self.build(paths);
    }

    /// Shows something else of the image.
    pub fn show(&mut self, paths: &Paths, view: View) {
        self.view = view;
        self.build(paths);
    }

    /// Goes to the largest file that is shown; to the next largest, if one just went to it.
    pub fn jump_to_largest(&mut self, paths: &Paths) {
        let from = self.jumped.map_or(0, |place| place + 1);
        let next = (from..paths.len())
            .find(|place| paths.largest(*place).is_some_and(|item| self.view.sees(paths, item) && paths.bytes(item) > 0));
        if let Some((place, item)) = next.and_then(|place| Some((place, paths.largest(place)?))) {
            self.reveal(paths, item);
            self.jumped = Some(place);
        }
    }

    /// Goes to the next item that was looked for last, in the tree; or to the one before. Whether there is one.
    pub fn again(&mut self, paths: &Paths, backwards: bool) -> bool {
        let (Some(wanted), Some(at)) = (self.last.clone(), self.item()) else { return false };
        let fits = |item: &Item| *item > 0 && self.view.sees(paths, *item) && wanted.fits(paths, *item);
        let found = if backwards {
            (0..at).rev().find(fits).or_else(|| (at..paths.len()).rev().find(fits))
        } else {
            (at + 1..paths.len()).find(fits).or_else(|| (0..=at).find(fits))
        };
        if let Some(item) = found {
            self.reveal(paths, item);
        }
        found.is_some()
    }

    /// What the layer that is shown did to an item.
    pub fn mark(&self, paths: &Paths, item: Item) -> Option<Mark> {
        self.view.mark(paths, item)
    }
}
