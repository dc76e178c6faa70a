//! What rosbag2 writes as YAML; the only folder of this package that names `serde_yaml`.

pub mod bag_metadata;
pub mod qos_profile;
