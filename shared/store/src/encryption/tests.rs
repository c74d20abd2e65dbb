//! What is sealed, what opens it, and what does not.

use domain::resource::Function;

use super::key_file::tests::keys;
use super::*;

fn function(space: &str, id: &str) -> Function {
    let body = format!(
        r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://x","headers":{{"X-A":"one","X-B":"two",
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
