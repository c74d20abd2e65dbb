//! Random URLs: whatever is made of them, no connection goes to an address that is refused.

use std::cell::Cell;
use std::net::Ipv6Addr;

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::names::classic_ipv4;
use super::*;

/// A case that fails costs the time of a request.
fn cases(number: u32) -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 20,
        failure_persistence: None,
        ..ProptestConfig::with_cases(number)
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Addresses of loopback for the most part, where connections would be seen.
fn refused_ipv4() -> impl Strategy<Value = Ipv4Addr> {
    prop_oneof![
        4 => any::<[u8; 3]>().prop_map(|[b, c, d]| Ipv4Addr::new(127, b, c, d)),
        1 => Just(Ipv4Addr::UNSPECIFIED),
        1 => Just(Ipv4Addr::new(169, 254, 169, 254)),
        1 => any::<[u8; 3]>().prop_map(|[b, c, d]| Ipv4Addr::new(10, b, c, d)),
    ]
}

/// One number of an address: decimal, octal, hexadecimal, with zeros in front.
fn number(value: u32) -> impl Strategy<Value = String> {
    (0..5_usize, 0..3_usize).prop_map(move |(form, zeros)| {
        let zeros = "0".repeat(zeros);
        match form {
            0 | 1 => value.to_string(),
            2 => format!("0{zeros}{value:o}"),
            3 => format!("0x{zeros}{value:x}"),
            _ => format!("0X{zeros}{value:X}"),
        }
    })
}

/// An IPv4 address in any of the spellings of `inet_aton`.
fn classic(address: Ipv4Addr) -> impl Strategy<Value = String> {
    let bits = address.to_bits();
    let [a, b, c, d] = address.octets().map(u32::from);
    let parts = prop_oneof![
        Just(vec![a, b, c, d]),
        Just(vec![a, b, bits & 0xffff]),
        Just(vec![a, bits & 0x00ff_ffff]),
        Just(vec![bits]),
    ];
    parts
        .prop_flat_map(|parts| parts.into_iter().map(number).collect::<Vec<_>>())
        .prop_map(|numbers| numbers.join("."))
}

/// Letters of a host in disguises that URLs undo.
fn disguised(host: String) -> impl Strategy<Value = String> {
    prop::collection::vec(0..6_u8, host.len()).prop_map(move |forms| {
        let letters = host.chars().zip(forms);
        letters
            .map(|(letter, form)| match (letter, form) {
                ('.', 1) => '。'.to_string(),
                ('.', 2) => '．'.to_string(),
                ('0'..='9', 1) => char::from_u32(u32::from(letter) + 0xfee0).unwrap().to_string(),
                (_, 3) => format!("%{:02x}", u32::from(letter)),
                (_, 4) => letter.to_ascii_uppercase().to_string(),
                _ => letter.to_string(),
            })
            .collect()
    })
}

fn ipv6_spelling(address: Ipv4Addr) -> impl Strategy<Value = String> {
    let [a, b, c, d] = address.octets().map(u16::from);
    let (high, low) = (a << 8 | b, c << 8 | d);
    let address = prop::sample::select(vec![
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        Ipv6Addr::LOCALHOST,
        Ipv6Addr::UNSPECIFIED,
    ]);
    (address, any::<bool>()).prop_map(|(address, is_long)| {
        if is_long {
            format!(
                "[{}]",
                address.segments().map(|part| format!("{part:04X}")).join(":")
            )
        } else {
            format!("[{address}]")
        }
    })
}

fn refused_host() -> impl Strategy<Value = String> {
    refused_ipv4().prop_flat_map(|address| {
        prop_oneof![
            4 => classic(address).prop_flat_map(disguised),
            1 => classic(address).prop_map(|host| format!("{host}.")),
            2 => ipv6_spelling(address),
            1 => prop::sample::select(vec!["localhost", "LOCALHOST.", "name.example"]).prop_map(str::to_owned),
        ]
    })
}

fn userinfo() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "",
        "",
        "example.com@",
        "example.com:80@",
        "é:8.8.8.8@",
        "a@b@",
        ":@",
    ])
}

fn rest() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "/",
        "/p?q",
        "/@example.com",
        "?@example.com",
        "#@example.com",
        "/é",
    ])
}

fn names() -> Names {
    Names::knowing(&[
        ("localhost", &["127.0.0.1", "::1"]),
        ("name.example", &["10.0.0.1", "127.0.0.1"]),
    ])
}

#[test]
fn spellings_of_refused_addresses_are_not_connected_to() {
    let (hidden, runtime, names) = (Hidden::at(Ipv4Addr::UNSPECIFIED, 0), runtime(), names());
    let port = hidden.port();
    let refused = Cell::new(0);
    let urls = (userinfo(), refused_host(), rest());
    let config = cases(2000);
    proptest!(config, |((userinfo, host, rest) in urls)| {
        let url = format!("http://{userinfo}{host}:{port}{rest}");
        let end = runtime.block_on(request(&names, guard(&[]), &url));
        prop_assert!(matches!(end, End::Refused | End::NoUrl), "{}: {:?}", url, end);
        prop_assert_eq!(hidden.connections(), 0, "{}", url);
        refused.set(refused.get() + usize::from(end == End::Refused));
    });
    // Most of them are URLs: it is the guard that is tested.
    assert!(refused.get() > 1000, "{refused:?}");
}

/// What a request would be sent to: the address in the URL, or those of its name.
fn stands_for(url: &str, names: &Names) -> Vec<IpAddr> {
    let Ok(to) = Destination::parse(url) else {
        return Vec::new();
    };
    let host = to.uri.host().unwrap();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(address) => vec![address],
        Err(_) => names.resolve(host).unwrap_or_default(),
    }
}

#[test]
fn any_text_is_refused_or_leads_to_public_addresses() {
    let (runtime, names, guard) = (runtime(), names(), guard(&[]));
    let passing = |address: &IpAddr| guard.as_ref().unwrap().allows(*address);
    let text = r"[0-9xXa-fA-F.。①７%:@\[\]/?#\\ \tlocalhst-]{0,24}";
    let config = cases(4000);
    proptest!(config, |(text in text, scheme in "https?|HTTP", port in prop::option::of(any::<u16>()))| {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let url = format!("{scheme}://{text}{port}");
        let addresses = stands_for(&url, &names);
        // Nothing is sent to the internet from here.
        prop_assume!(!addresses.iter().any(passing));
        let end = runtime.block_on(request(&names, guard.clone(), &url.replacen("https", "http", 1)));
        let want: &[End] = if addresses.is_empty() { &[End::NoUrl, End::Failed] } else { &[End::Refused] };
        prop_assert!(want.contains(&end), "{}: {:?}", url, end);
    });
}

#[test]
fn of_any_answer_the_public_addresses_remain() {
    let runtime = runtime();
    let address = prop_oneof![
        refused_ipv4().prop_map(IpAddr::V4),
        any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits))),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))),
        any::<u64>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from_bits(0x2600 << 112 | u128::from(bits)))),
    ];
    let config = cases(2000);
    proptest!(config, |(answer in prop::collection::vec(address, 0..6), is_listed in any::<bool>())| {
        let texts: Vec<_> = answer.iter().map(ToString::to_string).collect();
        let texts: Vec<_> = texts.iter().map(String::as_str).collect();
        let guard = guard(if is_listed { &["name.example"] } else { &[] });
        let mut resolver = GuardedResolver { names: Names::answering([&texts[..]]), guard: guard.clone() };
        let given = runtime.block_on(resolver.call("name.example".parse().unwrap()));
        let may = |address: &IpAddr| is_listed || guard.as_ref().unwrap().allows(*address);
        let want: Vec<_> = answer.iter().copied().filter(may).collect();
        match given {
            Ok(given) => prop_assert_eq!(given.map(|to| to.ip()).collect::<Vec<_>>(), want),
            Err(error) => prop_assert!(error.is::<AddressRefused>() && want.is_empty() && !answer.is_empty()),
        }
    });
}

/// The resolver of these tests is as lenient as that of the operating system.
#[test]
fn numbers_are_addresses() {
    for (text, want) in [
        ("127.1", Some([127, 0, 0, 1])),
        ("0x7f.0.0.01", Some([127, 0, 0, 1])),
        ("017700000001", Some([127, 0, 0, 1])),
        ("1.2.3", Some([1, 2, 0, 3])),
        ("1.2.3.256", None),
        ("4294967296", None),
        ("08", None),
        ("0x", None),
        ("+1", None),
        ("1.2.3.4.5", None),
        ("", None),
    ] {
        assert_eq!(classic_ipv4(text), want.map(Ipv4Addr::from), "{text}");
    }
}
