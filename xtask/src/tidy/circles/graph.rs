//! Which file uses which, and the circles in that.

use std::collections::{BTreeMap, BTreeSet};

/// Uses between files, each with the names that are used.
#[derive(Debug, Default)]
pub(super) struct Graph {
    uses: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// Files that all reach each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    /// The first of the files.
    pub(super) place: String,
    /// How many files there are.
    pub(super) files: usize,
    /// The uses among them: from, of, and the names.
    pub(super) uses: Vec<(String, String, Vec<String>)>,
}

impl Graph {
    /// Notes a use; a file's uses of itself do not matter.
    pub(super) fn add(&mut self, from: &str, to: &str, name: &str) {
        if from != to {
            let uses = self.uses.entry(from.to_owned()).or_default();
            uses.entry(to.to_owned()).or_default().insert(name.to_owned());
        }
    }

    /// All circles, by their first files.
    pub(super) fn circles(&self) -> Vec<Circle> {
        let reached: BTreeMap<&str, BTreeSet<&str>> = self
            .uses
            .keys()
            .map(|file| (file.as_str(), self.reached(file)))
            .collect();
        let reach = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
        let mut circles = Vec::new();
        let mut seen = BTreeSet::new();
        for &file in reached.keys() {
            if !reach(file, file) || seen.contains(file) {
                continue;
            }
            let members: BTreeSet<&str> = reached
                .keys()
                .copied()
                .filter(|other| reach(file, other) && reach(other, file))
                .collect();
            seen.extend(members.iter().copied());
            circles.push(Circle {
                place: file.to_owned(),
                files: members.len(),
                uses: self.uses_among(&members),
            });
        }
        circles
    }

    fn uses_among(&self, members: &BTreeSet<&str>) -> Vec<(String, String, Vec<String>)> {
        let inside = |file: &&String| members.contains(file.as_str());
        let mut among = Vec::new();
        for from in self.uses.keys().filter(inside) {
            for to in self.uses[from].keys().filter(inside) {
                let names = self.uses[from][to].iter().cloned().collect();
                among.push((from.clone(), to.clone(), names));
            }
        }
        among
    }

    /// What a file uses, directly or not; with the file itself only if that leads back to it.
    fn reached(&self, file: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![file];
        while let Some(uses) = ahead.pop().map(|file| self.uses.get(file)) {
            for to in uses.into_iter().flatten().map(|(to, _)| to.as_str()) {
                if reached.insert(to) {
                    ahead.push(to);
                }
            }
        }
        reached
    }
}
