//! The place in a trace that `X-Amzn-Trace-Id` names.

use super::SpanContext;

/// Most bytes of the header that are read.
const MOST_BYTES: usize = 512;

/// Reads what AWS says of an invocation: `Root=1-<8 digits>-<24 digits>;Parent=<16 digits>;Sampled=1`. `None` where it does not
/// name a span, or nothing is decided about the trace.
pub fn of_xray_header(text: &str) -> Option<SpanContext> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let part = |wanted: &str| {
        let mut parts = text.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find_map(|(name, value)| (name == wanted).then_some(value))
    };
    let (time, rest) = part("Root")?.strip_prefix("1-")?.split_once('-')?;
    let flag = match part("Sampled")? {
        "0" => "00",
        "1" => "01",
        _ => return None,
    };
    if time.len() != 8 {
        return None;
    }
    SpanContext::of_traceparent(&format!("00-{time}{rest}-{}-{flag}", part("Parent")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_says_is_a_place_in_a_trace() {
        let text = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:2:3";
        let context = of_xray_header(text).unwrap();
        let parent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
        assert_eq!(context.to_string(), parent);
        let unsampled = of_xray_header(&text.replace("Sampled=1", "Sampled=0"));
        assert!(!unsampled.unwrap().is_sampled);
        for text in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
            "Root=1-5759e98-8bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=;Sampled=1",
            "Parent=53995c3f42cd8ad8;Sampled=1;Root",
        ] {
            assert_eq!(of_xray_header(text), None, "{text}");
        }
        let long = format!("{text};x={}", "x".repeat(512));
        assert_eq!(of_xray_header(&long), None);
    }
}
