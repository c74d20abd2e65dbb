//! Which configurations of federation are taken.

use super::*;

const STS: &str = "https://sts.googleapis.com/v1/token";
const ACCOUNT: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@p.iam.gserviceaccount.com:generateAccessToken";
const POOL: &str = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/aws";
const CALLER: &str = CALLER_IDENTITY_URLS[0];

fn file() -> serde_json::Value {
    serde_json::json!({
        "universe_domain": "googleapis.com",
        "type": "external_account",
        "audience": POOL,
        "subject_token_type": AWS_REQUEST,
        "token_url": STS,
        "service_account_impersonation_url": ACCOUNT,
        "credential_source": {
            "environment_id": "aws1",
            "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
            "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
            "regional_cred_verification_url": CALLER,
        },
    })
}

#[test]
fn what_gcloud_writes_is_taken() {
    let read = AwsFederation::parse(&file().to_string()).unwrap();
    assert_eq!((read.audience.as_str(), read.token_url.as_str()), (POOL, STS));
    let id = ACCOUNT.replace("generateAccessToken", "generateIdToken");
    assert_eq!(read.id_token_url(), Some(id));

    let mut direct = file();
    direct["service_account_impersonation_url"] = serde_json::Value::Null;
    let direct = AwsFederation::parse(&direct.to_string()).unwrap();
    assert_eq!((direct.id_token_url(), direct.impersonation_url), (None, None));
}

#[test]
fn the_signed_identity_goes_to_google_only() {
    let google = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
    for (member, value) in [
        ("token_url", "https://evil.example/v1/token"),
        ("token_url", "http://sts.googleapis.com/v1/token"),
        ("token_url", "https://sts.googleapis.com.evil.example/v1/token"),
        ("token_url", "https://sts.googleapis.com@evil.example/v1/token"),
        ("token_url", "https://storage.googleapis.com/v1/token"),
        ("token_url", "https://sts.googleapis.com/v1/token?x"),
        ("token_url", "https://sts.googleapis.com/v1/other"),
        ("token_url", "http://127.0.0.1:1/v1/token"),
        ("token_url", "http://localhost/v1/token"),
        (
            "service_account_impersonation_url",
            "https://evil.example/v1/projects/-/serviceAccounts/a:generateAccessToken",
        ),
        ("service_account_impersonation_url", STS),
        ("service_account_impersonation_url", google),
        (
            "service_account_impersonation_url",
            &format!("{google}:generateAccessToken"),
        ),
        (
            "service_account_impersonation_url",
            &format!("{google}a/../b:generateAccessToken"),
        ),
        (
            "service_account_impersonation_url",
            &format!("{google}..:generateAccessToken"),
        ),
        (
            "service_account_impersonation_url",
            &format!("{google}a%2f:generateAccessToken"),
        ),
        ("service_account_impersonation_url", &format!("{google}a:signJwt")),
        (
            "service_account_impersonation_url",
            &format!("{google}a:generateAccessToken?x=1"),
        ),
        ("audience", "//sts.amazonaws.com/x"),
        ("audience", "//iam.googleapis.com/"),
        ("audience", "//iam.googleapis.com/a\r\nHost: x"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("type", "service_account"),
        ("credential_source.environment_id", "azure1"),
        (
            "credential_source.regional_cred_verification_url",
            "https://sts.{region}.amazonaws.com?Action=AssumeRole&Version=2011-06-15",
        ),
        (
            "credential_source.regional_cred_verification_url",
            "https://evil.example?Action=GetCallerIdentity&Version=2011-06-15",
        ),
    ] {
        let mut file = file();
        let mut at = &mut file;
        for name in member.split('.') {
            at = &mut at[name];
        }
        *at = value.into();
        let error = AwsFederation::parse(&file.to_string()).unwrap_err().to_string();
        assert!(
            error.starts_with("credentials.configuration must"),
            "{member} {value}: {error}"
        );
        assert!(!error.contains("evil"), "{error}");
    }
    for text in ["", "{}", "[]", "\"x\"", r#"{"type":"external_account"}"#] {
        assert!(AwsFederation::parse(text).is_err(), "{text}");
    }
}
