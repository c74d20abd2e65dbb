//! What is sealed, what opens it, and what does not.

use domain::resource::Function;

use super::key_file::tests::keys;
use super::*;

fn function(space: &str, id: &str) -> Function {
    let body = format!(
        r#"{{"functionId":"{id}","type":"http","provider":{{"url":"https://u:p@x/a?key=KEY","headers":{{"X-A":"one","X-B":"two",
        "X-D":{{"file":"d"}}}},"authorization":{{"type":"bearer","token":"tok"}}}}}}"#
    );
    Function::decode(&space.into(), None, body.as_bytes()).unwrap()
}

fn texts(function: &mut Function) -> Vec<String> {
    inline(function)
        .into_iter()
        .map(|(_, text)| text.clone())
        .collect()
}

#[test]
fn every_secret_is_sealed_anew_each_time_and_opened() {
    let file = keys(&[1]);
    let key = file.sealing().unwrap();
    let plain = function("one", "f");
    let (mut first, mut second) = (plain.clone(), plain.clone());
    key.close(&mut first).unwrap();
    key.close(&mut second).unwrap();
    let (sealed, again) = (texts(&mut first), texts(&mut second));
    assert_eq!(sealed.len(), 3);
    for text in &sealed {
        assert!(!again.contains(text), "no nonce is used twice");
        assert!(text.len() > 28 && !["one", "two", "tok"].contains(&text.as_str()));
    }
    key.open(&mut first).unwrap();
    assert_eq!(first, plain);
}

#[test]
fn sealed_secrets_open_nowhere_else() {
    let file = keys(&[1]);
    let key = file.sealing().unwrap();
    let mut sealed = function("one", "f");
    key.close(&mut sealed).unwrap();
    let moved = |change: &dyn Fn(&mut Function)| {
        let mut moved = sealed.clone();
        change(&mut moved);
        key.open(&mut moved)
    };
    moved(&|_| {}).unwrap();
    let swapped = |function: &mut Function| {
        let texts = texts(function);
        for ((_, text), other) in inline(function).into_iter().zip(texts.into_iter().rev()) {
            *text = other;
        }
    };
    let flipped = |function: &mut Function| {
        for (_, text) in inline(function) {
            let mut bytes = STANDARD.decode(&*text).unwrap();
            bytes[NONCE_LEN] ^= 1;
            *text = STANDARD.encode(bytes);
        }
    };
    let put = |with: &'static str| {
        move |function: &mut Function| {
            for (_, text) in inline(function) {
                with.clone_into(text);
            }
        }
    };
    for change in [
        &(|function: &mut Function| function.space = "two".into()) as &dyn Fn(&mut Function),
        &|function| function.function_id = "g".into(),
        &swapped,
        &flipped,
        &put("plain"),
        &put("AAAA"),
    ] {
        assert!(matches!(moved(change), Err(SealError::Damaged)));
    }
    let other = keys(&[2]);
    let other = other.sealing().unwrap();
    assert!(matches!(other.open(&mut sealed), Err(SealError::Damaged)));
}

#[test]
fn urls_are_sealed_where_they_have_credentials() {
    let file = keys(&[1]);
    let key = file.sealing().unwrap();
    let with_url = |url: &str| {
        let body = format!(
            r#"{{"functionId":"f","type":"http","provider":{{"url":"{url}","authorization":{{
            "type":"oauth2ClientCredentials","tokenUrl":"https://t/?key=KEY","clientId":"c","clientSecret":"SECRET"}}}}}}"#
        );
        Function::decode(&"one".into(), None, body.as_bytes()).unwrap()
    };
    let urls = |function: &Function| -> Vec<String> {
        let mut function = function.clone();
        let urls = function.urls_mut().into_iter();
        urls.map(|(_, url)| url.as_str().to_owned()).collect()
    };
    for (url, is_secret) in [
        ("https://x/a", false),
        ("https://u@x/a", true),
        ("https://x/a?KEY", true),
        // What only looks as if it were sealed is no way to break the function.
        ("sealed:AAAA", true),
    ] {
        let plain = with_url(url);
        let mut sealed = plain.clone();
        key.close(&mut sealed).unwrap();
        let [kept, token_url] = &urls(&sealed)[..] else {
            panic!("two URLs")
        };
        assert_eq!(kept != url, is_secret, "{kept}");
        assert!(
            token_url.starts_with(SEALED_URL) && !token_url.contains("KEY"),
            "{token_url}"
        );
        let written = serde_json::to_string(&sealed).unwrap();
        let mut read: Function = serde_json::from_str(&written).unwrap();
        key.open(&mut read).unwrap();
        assert_eq!(read, plain);
        // A sealed URL opens in no other place.
        let mut swapped = sealed.clone();
        *swapped.urls_mut().remove(0).1 = token_url.as_str().into();
        assert!(matches!(key.open(&mut swapped), Err(SealError::Damaged)));
    }
    // What a version sealed that left URLs alone is read as it is.
    let mut older = with_url("https://u:p@x/");
    let plain = urls(&older);
    key.close(&mut older).unwrap();
    for ((_, url), plain) in older.urls_mut().into_iter().zip(&plain) {
        *url = plain.as_str().into();
    }
    key.open(&mut older).unwrap();
    assert_eq!(older, with_url("https://u:p@x/"));
    assert!(has_secrets(&function("one", "f")));
}

#[test]
fn the_first_key_encrypts_and_all_decrypt() {
    let (old, both, new) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
    let seal = old.sealing().unwrap().seal().clone();
    assert_ne!(both.sealing().unwrap().seal(), &seal);
    let mut sealed = function("one", "f");
    old.sealing().unwrap().close(&mut sealed).unwrap();
    both.opening(&seal).unwrap().open(&mut sealed).unwrap();
    assert_eq!(sealed, function("one", "f"));
    let Err(SealError::UnknownKey(id)) = new.opening(&seal) else {
        panic!("a key that is gone")
    };
    assert_eq!(seal, Seal::Key(id));
    let of_kms = Seal::DataKey("AAAA".to_owned());
    assert!(matches!(new.opening(&of_kms), Err(SealError::NoKey(_))));
}

#[test]
fn seals_are_written_as_json() {
    for (seal, json) in [
        (Seal::Key("k".to_owned()), r#"{"key":"k"}"#),
        (Seal::DataKey("d".to_owned()), r#"{"dataKey":"d"}"#),
    ] {
        assert_eq!(serde_json::to_string(&seal).unwrap(), json);
        assert_eq!(serde_json::from_str::<Seal>(json).unwrap(), seal);
    }
}
