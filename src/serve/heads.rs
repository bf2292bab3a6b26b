//! What an HTTP/1.1 client has said after the head of its request (RFC 9112 §2.1): more than the body is the
//! beginning of another head, which hyper keeps and nobody else sees.

/// Where in the client's octets the last one read was.
#[derive(Default)]
pub struct Heads {
    /// Ends of lines with nothing between them.
    ends: u8,
    /// The octets after a head, once it has ended.
    past: Option<u64>,
    /// One request came with what follows it: from then on nobody can tell where the next one begins.
    is_unclear: bool,
}

impl Heads {
    /// These octets came next.
    pub fn follow(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while self.past.is_none() && !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let (line, others) = rest.split_at(end.unwrap_or(rest.len()));
            if !line.iter().all(|&octet| octet == b'\r') {
                self.ends = 0;
            }
            rest = others.get(1..).unwrap_or_default();
            if end.is_some() {
                self.ends += 1;
                self.past = (self.ends == 2).then_some(0);
            }
        }
        if let Some(past) = &mut self.past {
            *past += rest.len() as u64;
        }
    }

    /// The request is answered whose body has that length, if it says so. Whether there may be more: half of
    /// another head.
    pub fn end(&mut self, length: Option<u64>) -> bool {
        let past = self.past.take();
        self.ends = 0;
        self.is_unclear |= past.zip(length).is_none_or(|(past, length)| past > length);
        self.is_unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "POST /token HTTP/1.1\r\nhost: localhost\r\n\r\n";

    #[test]
    fn rfc9112_2_1_what_is_more_than_a_body_begins_another_head() {
        for cut in 1..80 {
            for (said, length, is_more) in [
                (HEAD.to_owned(), Some(0), false),
                (format!("{HEAD}a=b"), Some(3), false),
                (format!("{HEAD}a="), Some(3), false),
                (format!("{HEAD}a=b"), None, true),
                (format!("{HEAD}a=bG"), Some(3), true),
                (format!("{HEAD}GET /jwks"), Some(0), true),
                (HEAD.replace('\r', ""), Some(0), false),
                (format!("{}G", HEAD.replace('\r', "")), Some(0), true),
            ] {
                let mut heads = Heads::default();
                for piece in said.as_bytes().chunks(cut) {
                    heads.follow(piece);
                }
                assert_eq!(heads.end(length), is_more, "{said:?} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn one_after_the_other_they_begin_anew() {
        let mut heads = Heads::default();
        for _ in 0..3 {
            heads.follow(HEAD.as_bytes());
            assert!(!heads.end(Some(0)));
        }
        heads.follow(format!("{HEAD}{HEAD}").as_bytes());
        assert!(heads.end(Some(0)) && heads.end(Some(0)), "of the second one nothing was heard");
    }
}
