//! A Lambda function in Rust without any crate, so that `rustc` alone builds it: the runtime API over plain HTTP. It
//! answers with a response object; an event with `"fail":true` is a function error, `"slow":true` takes 2 seconds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn main() {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("started by Lambda");
    loop {
        let (head, event) = exchange(&api, "GET", "next", "");
        let id = header(&head, "lambda-runtime-aws-request-id").expect("an invocation has an id");
        let told: String = event.split_whitespace().collect();
        if told.contains("\"slow\":true") {
            std::thread::sleep(Duration::from_secs(2));
        }
        if told.contains("\"fail\":true") {
            let error = r#"{"errorType":"Told","errorMessage":"told to fail"}"#;
            exchange(&api, "POST", &format!("{id}/error"), error);
        } else {
            let answer = format!(r#"{{"statusCode":202,"body":"rust got {} bytes"}}"#, event.len());
            exchange(&api, "POST", &format!("{id}/response"), &answer);
        }
    }
}

/// One request to the runtime API: the head and the body of what it answers.
fn exchange(api: &str, method: &str, path: &str, body: &str) -> (String, String) {
    let stream = TcpStream::connect(api).expect("the runtime API listens");
    let length = body.len();
    write!(
        &stream,
        "{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nHost: {api}\r\nConnection: close\r\n\
        Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .expect("the runtime API reads");
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).expect("the runtime API answers"), 0);
    }
    let mut answer = Vec::new();
    match header(&head, "content-length").and_then(|length| length.parse().ok()) {
        Some(length) => reader.take(length).read_to_end(&mut answer),
        None => reader.read_to_end(&mut answer),
    }
    .expect("the runtime API answers");
    (head, String::from_utf8(answer).expect("events are JSON"))
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}
