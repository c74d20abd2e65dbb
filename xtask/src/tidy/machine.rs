//! Nothing in the tree is tied to one machine: no absolute paths of it, no choice of package registry.

use std::path::Path;

use super::Problem;
use super::tree::File;

/// First folders of absolute paths that exist on build machines only.
const MACHINE_FOLDERS: [&str; 3] = ["Users", "root", "work"];

/// Member of an npm lock file that says which registry a package came from.
const RESOLVED: &str = "\"resolved\":";

/// Reports machine paths and registries, line by line. Lock files of Cargo name their registry by nature.
pub(super) fn check(file: &File) -> Vec<Problem> {
    if Path::new(&file.path)
        .extension()
        .is_some_and(|extension| extension == "lock")
    {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let mut report = |message: String| {
            problems.push(Problem::new(format!("{}:{}", file.path, index + 1), message));
        };
        for folder in MACHINE_FOLDERS {
            if holds_absolute_path(line, &format!("/{folder}/")) {
                report(format!("/{folder}/ is a path of one machine"));
            }
        }
        if line.trim_start().starts_with(RESOLVED) {
            report("names a package registry: leave the choice to the client's settings".to_owned());
        }
    }
    problems
}

/// Whether the path starts here, rather than continuing a relative path or a URL.
fn holds_absolute_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "_-.~}>*".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        let file = File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        check(&file).iter().map(|problem| problem.place.clone()).collect()
    }

    #[test]
    fn absolute_paths_of_a_machine_are_reported() {
        for folder in MACHINE_FOLDERS {
            for before in ["", "cd ", "\"", "PATH=", "file://"] {
                let text = format!("fine\n{before}/{folder}/project");
                assert_eq!(problems("README.md", &text), ["README.md:2"], "{text}");
            }
            let relative =
                format!("src/{folder}/a https://example.org/{folder}/ ${{HOME}}/{folder}/ ./{folder}/");
            assert_eq!(problems("README.md", &relative), [""; 0]);
        }
    }

    #[test]
    fn registries_are_reported_outside_lock_files_of_cargo() {
        let text = "{\n  \"resolved\": \"https://registry.example/a.tgz\"\n}";
        assert_eq!(problems("package-lock.json", text), ["package-lock.json:2"]);
        assert_eq!(problems("Cargo.lock", text), [""; 0]);
    }
}
