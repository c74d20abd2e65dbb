//! Resolvers that ask no network.

use std::collections::{HashMap, VecDeque};
use std::future::{Ready, ready};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

/// Names as a test has them.
#[derive(Clone)]
pub(super) struct Names(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What the next questions are answered with, whatever the name.
    next: VecDeque<Vec<IpAddr>>,
    /// The names that there are, when nothing else is said.
    known: HashMap<String, Vec<IpAddr>>,
    asked: usize,
}

impl Names {
    /// Answers questions in this order.
    pub(super) fn answering<const N: usize>(answers: [&[&str]; N]) -> Self {
        let next = answers.into_iter().map(parse).collect();
        Self(Arc::new(Mutex::new(State {
            next,
            ..State::default()
        })))
    }

    /// Knows these names, and spellings of addresses as the operating system takes them.
    pub(super) fn knowing(names: &[(&str, &[&str])]) -> Self {
        let known = names
            .iter()
            .map(|(name, addresses)| ((*name).to_owned(), parse(addresses)))
            .collect();
        Self(Arc::new(Mutex::new(State {
            known,
            ..State::default()
        })))
    }

    /// How many questions there were.
    pub(super) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    /// What a name stands for.
    pub(super) fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut state = self.0.lock().unwrap();
        state.asked += 1;
        if let Some(addresses) = state.next.pop_front() {
            return Ok(addresses);
        }
        let bare = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        if let Some(addresses) = state.known.get(&bare) {
            return Ok(addresses.clone());
        }
        // Asked only where it needs no network for the answer.
        let expected = classic_ipv4(&bare).ok_or(io::ErrorKind::NotFound)?;
        let found: Vec<_> = (bare.as_str(), 0)
            .to_socket_addrs()?
            .map(|found| found.ip())
            .collect();
        assert!(found.contains(&IpAddr::V4(expected)), "{name}: {found:?}");
        Ok(found)
    }
}

fn parse(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|text| text.parse().unwrap()).collect()
}

impl Service<Name> for Names {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let addresses = self.resolve(name.as_str());
        ready(addresses.map(|addresses| {
            let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, 0)).collect();
            addresses.into_iter()
        }))
    }
}

/// The address that `inet_aton` makes of a text: one to four numbers, decimal, octal or hexadecimal, the last of which
/// fills the rest.
pub(super) fn classic_ipv4(text: &str) -> Option<Ipv4Addr> {
    let numbers = text.split('.').map(number).collect::<Option<Vec<_>>>()?;
    let (last, leading) = numbers.split_last()?;
    let room = 32_u32.checked_sub(8 * u32::try_from(leading.len()).ok()?)?;
    if room == 0 || leading.iter().any(|part| *part > 255) || *last >= 1 << room {
        return None;
    }
    let leading = leading.iter().fold(0, |bits, part| bits << 8 | part);
    u32::try_from(leading << room | last)
        .ok()
        .map(Ipv4Addr::from_bits)
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    // The other way to read a sign, which a number of an address has not.
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).ok())?
}
