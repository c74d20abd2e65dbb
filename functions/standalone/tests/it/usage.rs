//! What spaces use outlives the process that counted it.

use rustix::process::Signal;

use crate::client::send;
use crate::function_server::FunctionServer;
use crate::gateway_process::GatewayProcess;

#[test]
fn what_was_counted_is_written_at_the_end() {
    let functions = FunctionServer::answering("{}");
    let folder = tempfile::tempdir().unwrap();
    let start = || GatewayProcess::start_in(folder.path(), &["--usage-interval=3600000"]);
    let mut gateway = start();
    let create = |collection: &str, body: &str| {
        let path = format!("/v1/spaces/shop/{collection}");
        assert_eq!(send(gateway.config, "POST", &path, &[], body).status, 201);
    };
    create(
        "functions",
        &format!(
            r#"{{"functionId":"f","type":"http","provider":{{"url":"{}"}}}}"#,
            functions.url("/f")
        ),
    );
    create("eventtypes", r#"{"name":"http.request"}"#);
    create(
        "subscriptions",
        r#"{"type":"sync","eventType":"http.request","functionId":"f","path":"/f","method":"POST"}"#,
    );
    for _ in 0..3 {
        assert_eq!(gateway.post_event("/f", &[], "{}").status, 200);
    }
    assert!(gateway.stop(Signal::TERM).success());
    let gateway = start();
    let usage = gateway.get_config("/v1/spaces/shop/usage").json();
    assert_eq!(
        (&usage["total"]["events"], &usage["total"]["calls"]),
        (&3.into(), &3.into())
    );
}
