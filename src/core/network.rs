//! What one party has of the internet: whoever counts by address counts by this.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address, or an IPv6 network of 64 bits: one party has all of the addresses in it. An
/// address that is not known is a party of its own, so that nobody escapes a count without one.
pub(super) fn network(ip: &str) -> String {
    match ip.parse().map(|ip: IpAddr| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn peer_cve_2026_45364_an_ipv6_address_counts_with_its_network() {
        assert_eq!(network("192.0.2.1"), "192.0.2.1");
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:3::1"), network("2001:db8:1:2::1"));
    }

    #[test]
    fn r54_an_address_that_is_not_known_is_counted_like_any_other() {
        assert_eq!(network(""), network("nonsense"));
        assert_ne!(network(""), network("192.0.2.1"));
    }
}
