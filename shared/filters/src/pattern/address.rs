//! Internet addresses and blocks of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses, as CIDR writes it: `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cidr {
    base: IpAddr,
    mask_bits: u32,
}

/// Bytes of the longest text that is an address.
const LONGEST: usize = 45;

/// The address that a text is. A version 4 address within version 6 is the former.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    // What is longer is none, and need not be gone through by each that asks.
    if text.len() > LONGEST {
        return None;
    }
    if !text.contains(':') {
        return text.parse::<Ipv4Addr>().ok().map(IpAddr::V4);
    }
    if text.contains('.') {
        return None;
    }
    let address: Ipv6Addr = text.parse().ok()?;
    Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
}

impl Cidr {
    /// Reads a block. Says what is wrong with it otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (base, mask) = text
            .split_once('/')
            .ok_or("is a block of addresses: an address, a slash and the bits that count, as 10.0.0.0/8")?;
        let mask_bits: u32 = mask
            .parse()
            .map_err(|_| format!("has {mask:?} behind its slash, which is not a number of bits"))?;
        let base = address(base).ok_or_else(|| format!("begins with {base:?}, which is no address"))?;
        let (version, most) = if base.is_ipv4() { (4, 31) } else { (6, 127) };
        if mask_bits > most {
            return Err(format!(
                "has {mask_bits} bits behind its slash; version {version} addresses have at most {most} there, and a single \
                 address is matched as it is, without cidr"
            ));
        }
        Ok(Self { base, mask_bits })
    }

    /// Whether an address is in the block.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differs = base.to_bits() ^ address.to_bits();
                differs.checked_shr(32 - self.mask_bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differs = base.to_bits() ^ address.to_bits();
                differs.checked_shr(128 - self.mask_bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// Whether Event Ruler takes a number for an address in the block: it reads the digits of the number as those of an
    /// address in hexadecimal, up to where it is certain.
    pub(super) fn contains_digits(&self, number: &str) -> bool {
        let (first, last) = self.ends();
        let digits = number.bytes();
        let (mut is_first, mut is_last) = (true, true);
        for ((digit, first), last) in digits.zip(first.bytes()).zip(last.bytes()) {
            let is_digit = matches!(digit, b'0'..=b'9' | b'A'..=b'F');
            if !is_digit || (is_first && digit < first) || (is_last && digit > last) {
                return false;
            }
            is_first &= digit == first;
            is_last &= digit == last;
            if !is_first && !is_last {
                return true;
            }
        }
        number.len() >= first.len()
    }

    /// The first and the last address of the block, in hexadecimal.
    fn ends(&self) -> (String, String) {
        match self.base {
            IpAddr::V4(base) => {
                let rest = u32::MAX.checked_shr(self.mask_bits).unwrap_or(0);
                let base = base.to_bits();
                (format!("{:08X}", base & !rest), format!("{:08X}", base | rest))
            }
            IpAddr::V6(base) => {
                let rest = u128::MAX.checked_shr(self.mask_bits).unwrap_or(0);
                let base = base.to_bits();
                (format!("{:032X}", base & !rest), format!("{:032X}", base | rest))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_the_addresses_of_their_version() {
        for (block, text, expected) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.1.2.3/8", "10.0.0.0", true),
            ("10.0.0.6/31", "10.0.0.7", true),
            ("10.0.0.6/31", "10.0.0.8", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
            ("2001:db8::/32", "2001:DB8:0::ff", true),
            ("2001:db8::/32", "2001:db9::", false),
            ("2001:db8::/127", "2001:db8::1", true),
        ] {
            let inside = Cidr::parse(block).unwrap().contains(address(text).unwrap());
            assert_eq!(inside, expected, "{text} in {block}");
        }
    }

    #[test]
    fn digits_of_a_number_may_be_taken_for_an_address() {
        for (block, number, expected) in [
            ("0.0.0.0/0", "1e2", true),
            ("0.0.0.0/0", "100.0", true),
            ("0.0.0.0/0", "0", false),
            ("0.0.0.0/0", "-1", false),
            ("10.0.0.0/8", "10", false),
            ("16.0.0.0/8", "105", true),
            ("16.0.0.0/8", "100", false),
            ("16.0.0.0/8", "10000000", true),
        ] {
            let cidr = Cidr::parse(block).unwrap();
            assert_eq!(cidr.contains_digits(number), expected, "{number} in {block}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10.0.0.0",
            "10.0.0.0/32",
            "::/128",
            "10.0.0.0/-1",
            "10.0.0/8",
            "a/8",
            "10.0.0.0/8/8",
            "10.0.0.0/",
        ] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        assert_eq!(address("2001:DB8:0:0::1"), address("2001:db8::1"));
        assert_eq!(address("::ffff:0a00:0001"), address("10.0.0.1"));
        for text in [
            "",
            "10.0.0",
            "10.0.0.256",
            "010.0.0.1",
            "a:b",
            "::1.2.3.4",
            "10.0.0.1 ",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
