//! Which addresses the server may be led to by somebody else's URL: those of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IANA's special-purpose IPv4 ranges that are not globally reachable, multicast and reserved ones.
const NOT_GLOBAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Within 2000::/3, all that is handed out: protocol assignments (Teredo among them), documentation,
/// and 6to4, which carries an IPv4 address inside.
const NOT_GLOBAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether the address is one of the public internet, or one that the operator allows.
pub(super) fn is_allowed(address: IpAddr, also: &[IpNet]) -> bool {
    is_global(address) || also.iter().any(|net| net.contains(&address))
}

fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_GLOBAL_V4
            .iter()
            .any(|&(net, length)| Ipv4Net::new(net, length).is_ok_and(|net| net.contains(&v4))),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_global(IpAddr::V4(v4)),
            // 2000::/3 leaves out loopback, link-local, unique-local, multicast and NAT64.
            None => {
                v6.segments()[0] & 0xe000 == 0x2000
                    && !NOT_GLOBAL_V6.iter().any(|&(net, length)| {
                        Ipv6Net::new(net, length).is_ok_and(|net| net.contains(&v6))
                    })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cve_2026_1180_nobody_leads_the_server_to_an_address_that_is_not_public() {
        for public in ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_allowed(public.parse().unwrap(), &[]), "{public}");
        }
        for inner in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2002:7f00:1::",
            "2001:0:7f00:1::",
            "2001:db8::1",
        ] {
            assert!(!is_allowed(inner.parse().unwrap(), &[]), "{inner}");
        }
        assert!(is_allowed("10.1.2.3".parse().unwrap(), &["10.1.0.0/16".parse().unwrap()]));
    }
}
