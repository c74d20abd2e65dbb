//! What editors check files by, and the file that shows it.

use crate::gateway_process::Gateway;
use crate::program::User;

#[test]
fn the_schema_is_printed() {
    let schema = User::new().eg(&["schema"]).json();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schema["$defs"]["Subscription"].is_object());
}

#[test]
fn the_example_is_a_configuration() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/dev/gateway.yaml");
    let gateway = Gateway::start(&[]);
    let ran = gateway.user().eg(&["apply", "--strict", "-f", example]).expect(0);
    assert!(
        ran.out.ends_with("applied\n") && ran.err.is_empty(),
        "{}{}",
        ran.out,
        ran.err
    );
}
