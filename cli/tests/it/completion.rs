//! Completion scripts.

use crate::program::User;

#[test]
fn shells_complete_commands() {
    let user = User::new();
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef eg"),
        ("fish", "complete -c eg"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = user.eg(&["completion", shell]).out();
        assert!(script.contains(part) && script.contains("redrive"), "{shell}");
    }
    user.eg(&["completion", "tcsh"]).expect(2);
}
