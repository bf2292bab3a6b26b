//! Networks, as operators write them: `10.0.0.0/8`, or one address.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize as _, Deserializer};

pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let one = |text: &String| {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| {
            let expected = "an IP address, or a network such as \"10.0.0.0/8\"";
            D::Error::invalid_value(Unexpected::Str(text), &expected)
        })
    };
    Vec::<String>::deserialize(deserializer)?.iter().map(one).collect()
}
