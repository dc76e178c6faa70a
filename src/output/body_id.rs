//! Track ids as REP-155 wants body ids: letters, digits and underscores, a letter first.

use std::fmt::Write;

/// The longest (bytes): with what stands around it, names of topics and frames must stay below 248.
const LONGEST: usize = 128;

/// The body id of a track id. Numbers get a `p` before them (`7` becomes `p7`); any other character
/// that may not stand in a frame name becomes `_` and its code point in hexadecimal. What is too long is cut.
pub fn body_id(track_id: &str) -> String {
    let mut id = String::with_capacity(track_id.len() + 1);
    if !track_id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id.push('p');
    }
    for c in track_id.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            id.push(c);
        } else {
            let _ = write!(id, "_{:x}", u32::from(c));
        }
    }
    id.truncate(LONGEST);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_identifiers() {
        for (track, body) in [
            ("7", "p7"),
            ("u3", "u3"),
            ("a-b", "a_2db"),
            ("", "p"),
            ("é", "p_e9"),
        ] {
            assert_eq!(body_id(track), body);
        }
        assert_eq!(body_id(&"é".repeat(64)).len(), 128);
    }
}
