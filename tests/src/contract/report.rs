//! What a run of the suite found, in the words that a failing test prints.

use std::{collections::BTreeMap, fmt, time::Duration};

use super::lambda_exceptions::LambdaException;

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
    /// Cases that did not run through Lambda, where they cannot hold.
    pub lambda_exceptions: Vec<LambdaException>,
    /// Wall time of the suite.
    pub took: Duration,
}

/// Outcome of the suite against a deployed gateway.
#[derive(Debug, Default)]
pub struct DeployedReport {
    /// Cases that passed.
    pub passed: usize,
    /// All failures.
    pub failures: Vec<CaseFailure>,
    /// Cases that did not run, by the reason.
    pub left_out: BTreeMap<&'static str, Vec<String>>,
    /// Wall time of the suite.
    pub took: Duration,
}

impl fmt::Display for DeployedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut failures: Vec<_> = self.failures.iter().collect();
        failures.sort_by_key(|failure| &failure.id);
        failures.iter().try_for_each(|failure| write!(f, "{failure}"))?;
        writeln!(f, "deployed wire contract, {:.1} s", self.took.as_secs_f64())?;
        for (reason, cases) in &self.left_out {
            writeln!(f, "  left out, {reason}: {}", cases.join(" "))?;
        }
        writeln!(f, "{} passed, {} failed", self.passed, self.failures.len())
    }
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
            "  over TCP only, {} need a connection: {}",
            self.tcp_only.len(),
            self.tcp_only.join(" ")
        )?;
        writeln!(
            f,
            "  not through Lambda, where {} cannot hold:",
            self.lambda_exceptions.len()
        )?;
        self.lambda_exceptions
            .iter()
            .try_for_each(|exception| writeln!(f, "    {} {}", exception.id, exception.reason))
    }
}

/// Bodies and raw requests hold line ends; a report has one line for each.
fn one_line(text: &str) -> String {
    text.trim_end().replace('\r', "\\r").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::{CaseFailure, LambdaException, Report};

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
            lambda_exceptions: vec![LambdaException {
                id: "C-5",
                reason: "it is odd",
            }],
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
  over TCP only, 2 need a connection: C-3 X-4
  not through Lambda, where 1 cannot hold:
    C-5 it is odd
";
        assert_eq!(report.to_string(), want);
    }
}
