//! Cases of the contract that cannot hold behind AWS Lambda, beyond those that need a connection of their own.

/// A case that is not run through Lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LambdaException {
    /// Its id.
    pub id: &'static str,
    /// Why it cannot hold there.
    pub reason: &'static str,
}

/// All of them. A case that is not there, or that runs over TCP only anyway, is an error.
pub const LAMBDA_EXCEPTIONS: [LambdaException; 2] = [
    LambdaException {
        id: "C-270",
        reason: "AWS joins repeated request headers with a comma and no blank",
    },
    LambdaException {
        id: "X-1214",
        reason: "AWS joins repeated request headers, so that none of them is seen twice",
    },
];
