//! No circles of files: what a file uses can be understood without the file.
//!
//! A path counts as a use of the file that defines the item, wherever it was re-exported on the way. Declaring a child
//! (`mod x;`) and re-exporting from it (`pub use x::Y;`) is no use of it: that is how a module names its parts.

mod crates;
mod graph;
mod module;

use std::collections::BTreeMap;

use super::Problem;
use super::tree::Tree;
use crates::Crate;
use graph::Graph;

/// Reports each group of files of a crate that reach each other, with the uses that make it.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let sources: BTreeMap<&str, &str> = tree
        .files
        .iter()
        .filter(|file| file.is_rust())
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    problems(&sources)
}

fn problems(sources: &BTreeMap<&str, &str>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut graph = Graph::default();
    for root in sources.keys().copied().filter(|path| is_root(path)) {
        match Crate::read(root, sources) {
            Ok(read) => read.uses(&mut graph),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(graph.circles().into_iter().map(|circle| {
        let uses: Vec<String> = circle
            .uses
            .iter()
            .map(|(from, to, names)| format!("\n  {from} -> {to} ({})", names.join(", ")))
            .collect();
        let message = format!(
            "{} files use each other in a circle:{}",
            circle.files,
            uses.concat()
        );
        Problem::new(circle.place, message)
    }));
    problems
}

/// Whether a file is the root of a library or a program; those of integration tests are left alone.
fn is_root(path: &str) -> bool {
    path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") || path.contains("/src/bin/")
}

#[cfg(test)]
mod tests;
