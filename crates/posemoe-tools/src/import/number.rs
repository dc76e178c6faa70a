//! Numbers as files of others store them.

/// A type of number with its byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    kind: Kind,
    bytes: usize,
    is_big_endian: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl Number {
    /// Of NumPy's name, such as `f4`, `<i8` or `>u2`.
    pub fn named(name: &str) -> Option<Self> {
        let (kind, bytes) = match name.trim_start_matches(['<', '>', '=', '|']) {
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            _ => return None,
        };
        let is_big_endian = name.starts_with('>');
        Some(Self {
            kind,
            bytes,
            is_big_endian,
        })
    }

    /// The same in this byte order.
    #[must_use]
    pub fn in_order(self, is_big_endian: bool) -> Self {
        Self {
            is_big_endian,
            ..self
        }
    }

    /// Length of one (bytes).
    pub fn bytes(self) -> usize {
        self.bytes
    }

    /// The numbers in a row of bytes; what is too short for one at the end is left out.
    pub fn all(self, bytes: &[u8]) -> Vec<f64> {
        bytes
            .chunks_exact(self.bytes)
            .map(|bytes| self.one(bytes))
            .collect()
    }

    fn one(self, bytes: &[u8]) -> f64 {
        let add = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
        let bits = match self.is_big_endian {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        };
        let unused = 64 - 8 * self.bytes as u32;
        match (self.kind, self.bytes) {
            (Kind::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Kind::Float, _) => f64::from_bits(bits),
            (Kind::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
            (Kind::Unsigned, _) => bits as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_kinds_and_orders_are_read() {
        let one = |name: &str, bytes: &[u8]| Number::named(name).unwrap().all(bytes)[0];
        assert_eq!(one("<f4", &1.5_f32.to_le_bytes()), 1.5);
        assert_eq!(one(">f8", &(-2.25_f64).to_be_bytes()), -2.25);
        assert_eq!(one("i2", &(-7_i16).to_le_bytes()), -7.0);
        assert_eq!(one(">u2", &40_000_u16.to_be_bytes()), 40_000.0);
        assert_eq!(one("i8", &i64::MIN.to_le_bytes()), i64::MIN as f64);
        assert_eq!(one("|u1", &[200]), 200.0);
        for wrong in ["", "f", "i3", "c8", "U7", "V1", "é2"] {
            assert_eq!(Number::named(wrong), None, "{wrong}");
        }
    }
}
