//! Nothing in the tree is tied to one machine: no absolute paths of it, no addresses of package registries.

use std::path::Path;

use super::Problem;
use super::tree::File;

/// First folders of absolute paths that exist on build machines only.
const MACHINE_FOLDERS: [&str; 3] = ["work", "root", "farm"];

/// Registries, as (host, top-level domain) so that this table does not report itself.
const REGISTRIES: [(&str, &str); 8] = [
    ("registry.npmjs", "org"),
    ("registry.yarnpkg", "com"),
    ("pypi", "org"),
    ("files.pythonhosted", "org"),
    ("index.crates", "io"),
    ("static.crates", "io"),
    ("proxy.golang", "org"),
    ("deb.debian", "org"),
];

/// Reports machine paths and registry hosts, line by line. Lock files of Cargo name their registry by nature.
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
        for (host, domain) in REGISTRIES {
            if line.contains(&format!("{host}.{domain}")) {
                report(format!(
                    "names the package registry {host}: leave the choice to the client's settings"
                ));
            }
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
    fn registry_hosts_are_reported_outside_lock_files() {
        for (host, domain) in REGISTRIES {
            let text = format!("\"resolved\": \"https://{host}.{domain}/a.tgz\"");
            assert_eq!(problems("package-lock.json", &text), ["package-lock.json:1"]);
            assert_eq!(problems("Cargo.lock", &text), [""; 0]);
        }
    }
}
