//! What counts as a use of a file, on small crates that are made up.

use std::collections::BTreeMap;

use super::problems;

/// Files that use each other, and the uses among them, without the folder and the ends of their names.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let paths: Vec<String> = files.iter().map(|(name, _)| format!("a/src/{name}.rs")).collect();
    let sources: BTreeMap<&str, &str> = paths
        .iter()
        .map(String::as_str)
        .zip(files.iter().map(|(_, text)| *text))
        .collect();
    let problems = problems(&sources);
    let lines = problems.iter().flat_map(|problem| {
        let text = problem.to_string();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    lines
        .map(|line| line.trim().replace("a/src/", "").replace(".rs", ""))
        .collect()
}

/// The same after a text was replaced in the files.
fn replaced(files: &[(&str, &str)], from: &str, to: &str) -> Vec<String> {
    let files: Vec<(&str, String)> = files
        .iter()
        .map(|(name, text)| (*name, text.replace(from, to)))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    circles(&files)
}

#[test]
fn two_files_that_use_each_other_are_a_circle() {
    for (one, other) in [
        (
            "use super::b::B; pub struct A(B);",
            "use crate::a::A; pub struct B(Vec<A>);",
        ),
        (
            "pub struct A(super::b::B);",
            "pub struct B(Option<Box<crate::a::A>>);",
        ),
        (
            "use crate::b; pub struct A(b::B);",
            "use super::a as other; pub struct B(Vec<other::A>);",
        ),
        (
            "use crate::{b::{B as C}}; pub struct A(C);",
            "pub struct B; fn f() { use crate::a::A; A }",
        ),
        (
            "pub struct A; impl From<crate::b::B> for A {}",
            "pub struct B; fn f() { let _ = [crate::a::A; 2]; }",
        ),
    ] {
        let files = [("lib", "mod a; mod b;"), ("a", one), ("b", other)];
        assert_eq!(
            circles(&files),
            [
                "a: 2 files use each other in a circle:",
                "a -> b (B)",
                "b -> a (A)"
            ],
            "{one}"
        );
    }
}

#[test]
fn one_direction_is_no_circle() {
    let files = [
        ("main", "mod a; mod b; fn main() { a::f(); }"),
        ("a", "use crate::b::B; pub fn f() -> B { B }"),
        (
            "b",
            "pub struct B; // use crate::a::f;\nconst TEXT: &str = \"crate::a::f\";",
        ),
    ];
    assert_eq!(circles(&files), [""; 0]);
}

#[test]
fn circles_of_several_files_are_found_once_with_all_their_uses() {
    let files = [
        ("lib", "mod a; mod b; mod c; mod d;"),
        ("a", "use crate::b::B; pub struct A(B);"),
        ("b", "use crate::c::C; use crate::d::D; pub struct B(C, D);"),
        ("c", "use crate::a::A; pub struct C(A);"),
        ("d", "pub struct D;"),
    ];
    assert_eq!(
        circles(&files),
        [
            "a: 3 files use each other in a circle:",
            "a -> b (B)",
            "b -> c (C)",
            "c -> a (A)"
        ]
    );
}

#[test]
fn a_parent_may_declare_its_children_and_pass_their_items_on() {
    let parent = "mod child; mod other; pub use child::{Child, Other as Another}; pub struct Parent;";
    for child in [
        "use super::Parent; pub struct Child(Parent); pub struct Other;",
        "use super::other::Sibling; use crate::Parent; pub struct Child(Parent, Sibling); pub struct Other;",
    ] {
        let files = [
            ("lib", parent),
            ("child", child),
            // What is only passed on is a use of the file that defines it.
            (
                "other",
                "use super::{Another, Parent}; pub struct Sibling(Another, Parent, Vec<super::Child>);",
            ),
        ];
        let is_circle = child.contains("Sibling");
        assert_eq!(!circles(&files).is_empty(), is_circle, "{child}");
    }
}

#[test]
fn a_parent_that_uses_its_child_must_not_be_used_by_it() {
    for parent in [
        "mod child; use child::Child; pub struct Parent(Vec<Child>);",
        "mod child; pub use child::Child; pub struct Parent(Vec<Child>);",
        "mod child; pub struct Parent(Vec<child::Child>);",
        "mod child; use child::*; pub struct Parent(Vec<Child>);",
    ] {
        let child = "pub struct Child; fn f(_: super::Parent) {}";
        assert_eq!(
            circles(&[("lib", parent), ("child", child)]),
            [
                "child: 2 files use each other in a circle:",
                "child -> lib (Parent)",
                "lib -> child (Child)"
            ],
            "{parent}"
        );
        let child = "pub struct Child;";
        assert_eq!(circles(&[("lib", parent), ("child", child)]), [""; 0], "{parent}");
    }
}

#[test]
fn tests_are_left_out() {
    let files = [
        ("lib", "mod a; mod b; #[cfg(test)] mod tests;"),
        (
            "a",
            "use crate::b::B; pub struct A(B); #[cfg(test)] mod tests { use crate::c::C; pub struct T; }",
        ),
        (
            "b",
            "pub struct B; #[cfg(test)] use crate::a::A; #[cfg(test)] fn f(_: A) {} \
             impl B { #[cfg(test)] fn g() { crate::a::f() } fn h() {} }",
        ),
        ("tests", "use crate::a::A; fn f() {}"),
    ];
    assert_eq!(circles(&files), [""; 0]);
    assert_eq!(replaced(&files, "#[cfg(test)]", "#[cfg(unix)]").len(), 3);
}

#[test]
fn traits_and_macros_are_used_without_their_names() {
    let traits = [
        ("lib", "mod a; mod b;"),
        ("a", "use crate::b::Trait; pub struct A; fn f() { 5.method() }"),
        ("b", "pub trait Trait { fn method(&self) { crate::a::f() } }"),
    ];
    assert_eq!(circles(&traits).len(), 3);
    assert_eq!(replaced(&traits, "b::Trait;", "b::Trait as _;").len(), 3);
    let made = [
        ("lib", "mod a; mod b;"),
        (
            "a",
            "macro_rules! make { ($n:ident) => { pub struct $n; } } make! { A } use crate::b::B;",
        ),
        ("b", "pub struct B; fn f() { log!(\"{}\", crate::a::A) }"),
    ];
    assert_eq!(circles(&made), [""; 0], "an import that is not used is none");
    assert_eq!(
        replaced(&made, "use crate::b::B;", "fn g(_: crate::b::B) {}").len(),
        3
    );
}

#[test]
fn fields_methods_and_other_crates_are_no_uses() {
    let files = [
        (
            "lib",
            "mod a; mod b; pub use a::{limit, A}; pub struct Parent { limit: usize }",
        ),
        (
            "a",
            "pub fn limit() {} pub struct A; fn f(parent: &super::Parent) { parent.limit() }",
        ),
        (
            "b",
            "use std::a::A; use other::Parent; fn f() { ::a::A::new(); Self::A; x.limit() }",
        ),
    ];
    assert_eq!(circles(&files), [""; 0]);
}
