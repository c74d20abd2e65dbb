//! Signatures of version 4, worked out from what arrived by the rules that AWS publishes, and by no code that signs.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::SECRET;
use crate::peer::Received;

/// Fails unless a request is signed for this service, with everything that has to be.
pub(crate) fn assert_signed(request: &Received, service: &str) {
    let authorization = request.header("authorization");
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(name).unwrap();
        rest.split(',').next().unwrap()
    };
    let time = request.header("x-amz-date");
    let scope = format!("{}/eu-west-1/{service}/aws4_request", &time[..8]);
    assert_eq!(part("Credential="), format!("AKIDEXAMPLE/{scope}"));
    let names: Vec<_> = part("SignedHeaders=").split(';').collect();
    for name in ["content-type", "host", "x-amz-date", "x-amz-security-token"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let headers: Vec<_> = names
        .iter()
        .map(|name| format!("{name}:{}", request.header(name)))
        .collect();
    let canonical = format!(
        "POST\n/\n\n{}\n\n{}\n{}",
        headers.join("\n"),
        names.join(";"),
        hash(request.body.as_bytes())
    );
    let signed = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hash(canonical.as_bytes())
    );
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for of in scope.split('/') {
        key = keyed(&key, of);
    }
    assert_eq!(part("Signature="), hex::encode(keyed(&key, &signed)));
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
