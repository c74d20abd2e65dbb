//! The house rules of the tree: what a reader may rely on in every file and every crate.

mod circles;
mod citations;
mod edges;
mod environment;
mod flags;
mod machine;
mod naming;
mod problem;
mod source;
mod tables;
mod tokens;
mod tree;

use anyhow::Result;

pub(crate) use problem::Problem;
use tree::Tree;

/// Runs every check over the repository that the current directory is in.
pub(crate) fn run() -> Result<Vec<Problem>> {
    let tree = Tree::read()?;
    let mut problems = edges::check(&tree::cargo_metadata()?);
    problems.extend(circles::check(&tree));
    problems.extend(flags::check(&tree));
    problems.extend(citations::check(&tree));
    for file in &tree.files {
        problems.extend(naming::check_path(&file.path));
        problems.extend(machine::check(file));
        problems.extend(tables::check(file));
        if file.is_rust() {
            problems.extend(source::check(file));
            match tokens::read(&file.text) {
                Ok(stream) => {
                    problems.extend(naming::check_modules(&file.path, stream.clone()));
                    problems.extend(environment::check(&file.path, stream));
                }
                Err(reason) => problems.push(Problem::new(&file.path, reason)),
            }
        }
    }
    Ok(problems)
}
