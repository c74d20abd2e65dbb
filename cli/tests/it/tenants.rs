//! `eg tenants`, and what `--tenant` of other commands is about, against a real gateway.

use serde_json::json;

use crate::gateway_process::Gateway;

/// The access key of the gateway.
const ROOT: &str = "root";

#[test]
fn a_tenant_is_made_used_suspended_and_deleted() {
    let gateway = Gateway::start(&[
        "--config-access-key=root",
        r#"--plans={"free":{"functions":2},"team":{"functions":3}}"#,
    ]);
    let root = gateway.user().with("EG_KEY", ROOT);
    assert_eq!(
        root.eg(&["tenants", "list"]).expect(0).err,
        "there is no tenant\n"
    );
    let create = ["tenants", "create", "Acme Inc.", "--id", "acme", "--plan=free"];
    assert_eq!(root.eg(&create).out(), "tenant acme created\n");
    root.eg(&create).expect(3);
    let made = root
        .eg(&["tenants", "create", "Other", "--label", "a=b", "-o", "json"])
        .json();
    assert_eq!(
        (&made["state"], &made["labels"]),
        (&json!("active"), &json!({"a": "b"}))
    );

    let key = root
        .eg(&["keys", "create", "first", "--role", "owner", "--tenant", "acme"])
        .out();
    let tenant = gateway.user().with("EG_KEY", key.trim_end());
    let space = ["tenants", "spaces", "create", "acme", "acme-shop"];
    assert_eq!(
        tenant.eg(&space).out(),
        "space acme-shop of tenant acme created\n"
    );
    assert_eq!(
        tenant.eg(&["tenants", "spaces", "list", "acme"]).out(),
        "SPACE\nacme-shop\n"
    );
    tenant
        .eg(&["create", "eventtype", "a", "--space", "acme-shop"])
        .expect(0);
    tenant.eg(&["tenants", "list"]).expect(5);
    let keys = tenant
        .eg(&["keys", "--tenant", "acme", "list", "-o", "json"])
        .json();
    assert_eq!(keys[0]["space"], "tenant:acme");

    root.eg(&["tenants", "update", "acme"]).expect(2);
    let update = [
        "tenants",
        "update",
        "acme",
        "--plan=team",
        "--label=since=2026",
        "-o=json",
    ];
    let updated = root.eg(&update).json();
    assert_eq!(
        (&updated["plan"], &updated["labels"]),
        (&json!("team"), &json!({"since": "2026"}))
    );
    let update = [
        "tenants",
        "update",
        "acme",
        "--no-plan",
        "--label=since=",
        "-o=json",
    ];
    let updated = root.eg(&update).json();
    assert!(
        updated["plan"].is_null() && updated["labels"]["since"].is_null(),
        "{updated}"
    );

    let asked = root.eg(&["tenants", "suspend", "acme"]).expect(2);
    assert!(
        asked.err.contains("\"Acme Inc.\"") && asked.err.contains("--yes"),
        "{}",
        asked.err
    );
    let suspended = root.eg(&["tenants", "suspend", "acme", "--yes"]).out();
    assert_eq!(suspended, "tenant acme is suspended\n");
    tenant
        .eg(&["create", "eventtype", "b", "--space", "acme-shop"])
        .expect(5);
    let list = root.eg(&["tenants", "list"]).out();
    assert!(list.contains("Acme Inc.") && list.contains("suspended"), "{list}");
    root.eg(&["tenants", "resume", "acme"]).expect(0);
    assert_eq!(
        tenant.eg(&["tenants", "show", "acme", "-o=json"]).json()["state"],
        "active"
    );

    let records = root.eg(&["audit", "list", "--tenant", "acme"]).out();
    assert!(records.contains("tenant.create"), "{records}");
    let verified = root.eg(&["audit", "verify", "--tenant", "acme"]).out();
    assert!(verified.contains("records hang together"), "{verified}");

    root.eg(&["tenants", "delete", "acme", "--yes"]).expect(3);
    let taken = ["tenants", "spaces", "delete", "acme", "acme-shop"];
    root.eg(&taken).expect(2);
    let taken = [&taken[..], &["--yes"]].concat();
    assert_eq!(root.eg(&taken).out(), "space acme-shop taken from tenant acme\n");
    assert_eq!(
        root.eg(&["tenants", "delete", "acme", "--yes"]).out(),
        "tenant acme deleted\n"
    );
    root.eg(&["tenants", "show", "acme"]).expect(4);
}

#[test]
fn a_tenant_goes_with_everything_it_has_unless_that_is_taken_back() {
    let gateway = Gateway::start(&["--config-access-key=root"]);
    let root = gateway.user().with("EG_KEY", ROOT);
    root.eg(&["tenants", "create", "Acme Inc.", "--id", "acme"])
        .expect(0);
    root.eg(&["tenants", "spaces", "create", "acme", "acme-shop"])
        .expect(0);
    let erased = root
        .eg(&["tenants", "delete", "acme", "--erase", "--yes", "-o=json"])
        .json();
    assert_eq!(
        (&erased["state"], &erased["deletion"]["begun"]),
        (&json!("suspended"), &json!(false))
    );
    root.eg(&["tenants", "resume", "acme"]).expect(3);
    assert_eq!(
        root.eg(&["tenants", "restore", "acme"]).out(),
        "tenant acme stays and is active\n"
    );
    assert_eq!(
        root.eg(&["tenants", "spaces", "list", "acme"]).out(),
        "SPACE\nacme-shop\n"
    );
}
