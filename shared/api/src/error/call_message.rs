//! What a caller is told of a function that could not be called.

use gateway::{AccessDeniedCode, CallError};

/// Text for a caller whose function cannot be called.
const CALL_FAILED: &str = "Function call failed. Please check logs.";

/// What a caller may know of a failed call: never its cause, but three faults it can mend itself.
pub(super) fn call_message(err: &CallError) -> &'static str {
    match err.access_denied_code() {
        Some(AccessDeniedCode::AccessDenied) => {
            "Function call failed with AccessDeniedException. The provided credentials do not have the required \
                 IAM permissions to invoke this function. Please attach the lambda:invokeFunction permission to \
                 these credentials."
        }
        Some(AccessDeniedCode::UnrecognizedClient) => {
            "Function call failed with UnrecognizedClientException. The provided credentials are invalid. Please \
                 provide valid credentials."
        }
        Some(AccessDeniedCode::ExpiredToken) => {
            "Function call failed with ExpiredTokenException. The provided security token for the function has \
                 expired. Please provide an updated security token or provide permanent credentials."
        }
        None => CALL_FAILED,
    }
}
