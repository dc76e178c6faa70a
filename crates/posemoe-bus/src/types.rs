//! What a bus needs to know of the types that messages have.

/// A message type, to announce it or to write it into a bag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// Full name, such as `std_msgs/msg/Header`.
    pub type_name: &'static str,
    /// Schema in the encoding `ros2msg`: the definition, then those of all types it contains.
    pub definition: &'static str,
    /// Hash of the type's structure (REP-2016), `RIHS01_` and 64 hexadecimal digits.
    pub type_hash: &'static str,
}

/// Finds a type by its full name among those that the program knows.
pub type KnownTypes = fn(&str) -> Option<TypeInfo>;
