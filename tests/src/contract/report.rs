//! What a run of the suite found, in the words that a failing test prints.

use std::{fmt, time::Duration};

/// One case that failed on one host.
#[derive(Clone, Debug)]
pub struct CaseFailure {
    /// Id of the case.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Host it ran on.
    pub host: &'static str,
    /// Number of the step and what it does.
    pub step: String,
    /// What differed.
    pub differences: Vec<String>,
}

/// Outcome of the suite.
#[derive(Debug, Default)]
pub struct Report {
    /// Hosts with the number of cases that passed there, in order.
    pub passed: Vec<(&'static str, usize)>,
    /// All failures.
    pub failures: Vec<CaseFailure>,
    /// Cases that only ran over TCP, because they are about the connection itself.
    pub tcp_only: Vec<String>,
    /// Wall time of the suite.
    pub took: Duration,
}

impl fmt::Display for CaseFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FAIL {} [{}] {}", self.id, self.host, self.title)?;
        writeln!(f, "     {}", one_line(&self.step))?;
        self.differences
            .iter()
            .try_for_each(|difference| writeln!(f, "       {}", one_line(difference)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut failures: Vec<_> = self.failures.iter().collect();
        failures.sort_by_key(|failure| (&failure.id, failure.host));
        failures.iter().try_for_each(|failure| write!(f, "{failure}"))?;
        writeln!(f, "wire contract, {:.1} s", self.took.as_secs_f64())?;
        for (host, passed) in &self.passed {
            let failed = self
                .failures
                .iter()
                .filter(|failure| failure.host == *host)
                .count();
            writeln!(f, "  {host:<10} {passed:>4} passed {failed:>4} failed")?;
        }
        writeln!(
            f,
            "  over TCP only, they need a connection: {}",
            self.tcp_only.join(" ")
        )
    }
}

/// Bodies and raw requests hold line ends; a report has one line for each.
fn one_line(text: &str) -> String {
    text.trim_end().replace('\r', "\\r").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{CaseFailure, Report};

    #[test]
    fn a_report_names_failures_in_order_and_what_did_not_run() {
        let failure = |id: &str, host| CaseFailure {
            id: id.to_owned(),
            title: "title".to_owned(),
            host,
            step: "step 2: GET /a\r\nHost: x\r\n\r\n".to_owned(),
            differences: vec!["status expected 200, got 404".to_owned(), "body a\nb".to_owned()],
        };
        let report = Report {
            passed: vec![("in-process", 3), ("tcp", 4)],
            failures: vec![failure("C-2", "tcp"), failure("C-1", "tcp")],
            tcp_only: vec!["C-3".to_owned(), "X-4".to_owned()],
            took: std::time::Duration::from_millis(1500),
        };
        let want = "\
FAIL C-1 [tcp] title
     step 2: GET /a\\r\\nHost: x
       status expected 200, got 404
       body a\\nb
FAIL C-2 [tcp] title
     step 2: GET /a\\r\\nHost: x
       status expected 200, got 404
       body a\\nb
wire contract, 1.5 s
  in-process    3 passed    0 failed
  tcp           4 passed    2 failed
  over TCP only, they need a connection: C-3 X-4
";
        assert_eq!(report.to_string(), want);
    }
}
