//! The modules of one crate, and which file each name in them leads to.

use std::collections::{BTreeMap, VecDeque};

use super::super::Problem;
use super::super::tokens;
use super::graph::Graph;
use super::module::Module;

/// A library or a program: its modules by their paths from the root, which has the empty one.
#[derive(Debug)]
pub(super) struct Crate {
    modules: BTreeMap<Vec<String>, Placed>,
}

/// A module and the file that it stands in.
#[derive(Debug)]
struct Placed {
    file: String,
    module: Module,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    Module(Vec<String>),
    /// An item: the module that defines it, and its name.
    Item(Vec<String>, String),
    /// What is of another crate, or no path but the name of something local.
    Elsewhere,
}

/// How many imports may lead from one to the next before a name counts as lost: two globs can name each other.
const MOST_STEPS: usize = 16;

impl Crate {
    /// Reads the crate of a root file, following `mod x;`. Files that tests alone declare are not part of it.
    pub(super) fn read(root: &str, sources: &BTreeMap<&str, &str>) -> Result<Self, Problem> {
        let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let mut modules = BTreeMap::new();
        let mut ahead = VecDeque::from([(Vec::new(), root.to_owned())]);
        while let Some((path, file)) = ahead.pop_front() {
            // A file that is missing is the compiler's business.
            let Some(text) = sources.get(file.as_str()) else {
                continue;
            };
            let stream = tokens::read(text).map_err(|reason| Problem::new(&file, reason))?;
            let mut here = VecDeque::from([(path, Module::read(stream))]);
            while let Some((path, mut module)) = here.pop_front() {
                let below = |name: &str| [path.as_slice(), &[name.to_owned()]].concat();
                for child in &module.children {
                    let path = below(child);
                    let file = format!("{folder}/{}.rs", path.join("/"));
                    ahead.push_back((path, file));
                }
                for (name, inline) in std::mem::take(&mut module.inline) {
                    here.push_back((below(&name), inline));
                }
                let file = file.clone();
                modules.insert(path, Placed { file, module });
            }
        }
        Ok(Self { modules })
    }

    /// Notes which file uses which: by the paths of its code, and by traits that are imported for their methods.
    pub(super) fn uses(&self, graph: &mut Graph) {
        for (at, placed) in &self.modules {
            let mut note = |found: Found| {
                if let Found::Item(module, name) = found {
                    graph.add(&placed.file, &self.modules[&module].file, &name);
                }
            };
            for path in &placed.module.paths {
                note(self.first(at, path, 0));
            }
            for import in &placed.module.imports {
                let found = self.first(at, &import.path, 0);
                if import.name.as_deref() == Some("_") || self.is_trait(&found) {
                    note(found);
                }
            }
        }
    }

    fn is_trait(&self, found: &Found) -> bool {
        match found {
            Found::Item(module, name) => self.modules[module].module.traits.contains(name),
            _ => false,
        }
    }

    /// Follows a path from the module that it is written in.
    fn first(&self, at: &[String], path: &[String], steps: usize) -> Found {
        let Some((first, rest)) = path.split_first() else {
            return Found::Module(at.to_vec());
        };
        match first.as_str() {
            "crate" => self.below(&[], rest, steps),
            "self" if !rest.is_empty() => self.below(at, rest, steps),
            "super" => match at.split_last() {
                Some((_, above)) if rest.first().is_some_and(|word| word == "super") => {
                    self.first(above, rest, steps)
                }
                Some((_, above)) => self.below(above, rest, steps),
                None => Found::Elsewhere,
            },
            _ => self.named(at, path, steps).unwrap_or(Found::Elsewhere),
        }
    }

    /// Follows a path from a module that was named before. What cannot be seen in it is made by a macro there.
    fn below(&self, at: &[String], path: &[String], steps: usize) -> Found {
        let Some(first) = path.first() else {
            return Found::Module(at.to_vec());
        };
        self.named(at, path, steps)
            .unwrap_or_else(|| Found::Item(at.to_vec(), first.clone()))
    }

    /// Follows a path by what a module declares and imports; none where it has no such name.
    fn named(&self, at: &[String], path: &[String], steps: usize) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let module = &self.modules.get(at)?.module;
        if steps > MOST_STEPS {
            return None;
        }
        let child = [at, std::slice::from_ref(first)].concat();
        // A function may have the name of the module that it comes from; only the module goes on.
        if self.modules.contains_key(&child) && !rest.is_empty() {
            return Some(self.below(&child, rest, steps));
        }
        if module.definitions.contains(first) {
            return Some(Found::Item(at.to_vec(), first.clone()));
        }
        let import = module
            .imports
            .iter()
            .find(|import| import.name.as_ref() == Some(first));
        if let Some(import) = import {
            let path = [import.path.as_slice(), rest].concat();
            return Some(self.first(at, &path, steps + 1));
        }
        if self.modules.contains_key(&child) {
            return Some(Found::Module(child));
        }
        let mut globs = module.imports.iter().filter(|import| import.name.is_none());
        globs.find_map(|glob| match self.first(at, &glob.path, steps + 1) {
            Found::Module(found) => self.named(&found, path, steps + 1),
            _ => None,
        })
    }
}
