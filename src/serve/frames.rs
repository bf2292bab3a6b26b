//! How far an HTTP/2 client has come with what it is saying (RFC 9113 §3.4, §4.1): half of a head has its time
//! here as it has in HTTP/1.1, whatever else is on the connection.

/// The octets with which a client begins.
const PREFACE: usize = 24;
/// The octets of a frame's header.
const HEADER: usize = 9;
/// The types of frames that carry a head, and the flag of the one with its end.
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Where in the client's octets the last one read was.
pub struct Frames {
    /// The octets to come of the preface or of a frame's payload.
    rest: usize,
    header: [u8; HEADER],
    /// The octets of a frame's header that have come.
    filled: usize,
    /// The head goes on in the next frame.
    goes_on: bool,
}

impl Frames {
    pub fn new() -> Self {
        Self { rest: PREFACE, header: [0; HEADER], filled: 0, goes_on: false }
    }

    /// These octets came next.
    pub fn follow(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let taken = if self.rest > 0 {
                let taken = self.rest.min(octets.len());
                self.rest -= taken;
                taken
            } else {
                let taken = (HEADER - self.filled).min(octets.len());
                self.header[self.filled..][..taken].copy_from_slice(&octets[..taken]);
                self.filled += taken;
                if self.filled == HEADER {
                    self.begin_payload();
                }
                taken
            };
            octets = &octets[taken..];
        }
    }

    fn begin_payload(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.header;
        self.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.filled = 0;
        if matches!(kind, HEADERS | CONTINUATION) {
            self.goes_on = flags & END_HEADERS == 0;
        }
    }

    /// Whether a frame, or a head of several, has begun and not ended.
    pub fn is_amid(&self) -> bool {
        self.rest > 0 || self.filled > 0 || self.goes_on
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, length, kind, flags, 0, 0, 0, 1];
        frame.resize(HEADER + usize::from(length), 0xff);
        frame
    }

    proptest! {
        #[test]
        fn rfc9113_4_1_however_the_octets_are_cut_the_end_of_a_frame_is_found(
            frames in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>()), 0..8),
            cut in 1_usize..40,
        ) {
            let mut said = vec![b'x'; PREFACE];
            // What follows a head without an end is more of it, until its end.
            let mut ends = vec![(PREFACE, false)];
            let mut goes_on = false;
            for (kind, flags, length) in frames {
                said.extend(frame(kind, flags, length));
                if matches!(kind, HEADERS | CONTINUATION) {
                    goes_on = flags & END_HEADERS == 0;
                }
                ends.push((said.len(), goes_on));
            }
            let mut followed = Frames::new();
            let mut so_far = 0;
            for piece in said.chunks(cut) {
                followed.follow(piece);
                so_far += piece.len();
                let at_an_end = ends.contains(&(so_far, false));
                prop_assert_eq!(followed.is_amid(), !at_an_end, "after {} octets", so_far);
            }
        }
    }
}
