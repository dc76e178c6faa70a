//! Turns the `.msg` definitions into plain serde structs, see `src/msg/mod.rs`.
//!
//! Three sources, one result: our own `msg/`, other packages' `interfaces/<package>/msg/`, and the
//! standard ROS 2 Jazzy packages that hiroz-codegen brings along.

#[path = "codegen/definition.rs"]
mod definition;
#[path = "codegen/render.rs"]
mod render;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

use hiroz_codegen::discovery::{discover_messages, discover_services};
use hiroz_codegen::hashing::is_primitive_type;
use hiroz_codegen::resolver::Resolver;
use hiroz_codegen::types::{Field, ParsedMessage};

/// The standard types to generate; whatever they contain comes along. Add a line to get another.
const STANDARD_TYPES: &[&str] = &[
    "builtin_interfaces/Duration",
    "diagnostic_msgs/DiagnosticArray",
    "geometry_msgs/PointStamped",
    "geometry_msgs/PoseStamped",
    "geometry_msgs/TransformStamped",
    "lifecycle_msgs/TransitionEvent",
    "rcl_interfaces/ParameterEvent",
    "rcl_interfaces/ParameterType",
    "rosgraph_msgs/Clock",
    "sensor_msgs/CameraInfo",
    "sensor_msgs/CompressedImage",
    "sensor_msgs/Image",
    "sensor_msgs/JointState",
    "sensor_msgs/PointCloud2",
    "std_msgs/Bool",
    "std_msgs/Empty",
    "std_msgs/String",
    "tf2_msgs/TFMessage",
    "visualization_msgs/MarkerArray",
];

/// The services to generate, each as the two messages that it consists of.
const STANDARD_SERVICES: &[&str] = &[
    "lifecycle_msgs/ChangeState",
    "lifecycle_msgs/GetAvailableStates",
    "lifecycle_msgs/GetAvailableTransitions",
    "lifecycle_msgs/GetState",
    "rcl_interfaces/DescribeParameters",
    "rcl_interfaces/GetParameterTypes",
    "rcl_interfaces/GetParameters",
    "rcl_interfaces/ListParameters",
    "rcl_interfaces/SetParameters",
    "rcl_interfaces/SetParametersAtomically",
];

/// Messages by `package/Type`.
pub type Messages = BTreeMap<String, ParsedMessage>;

fn main() -> Result<(), Box<dyn Error>> {
    // Packages of messages that are not installed, from CMakeLists.txt: only the rcl bus needs
    // them.
    println!("cargo:rerun-if-env-changed=POSEMOE_LEFT_OUT");
    for watched in ["build.rs", "codegen", "msg", "interfaces"] {
        println!("cargo:rerun-if-changed={watched}");
    }
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?);
    let mut known = Messages::new();
    add_standard_packages(&mut known)?;
    let standard: Vec<String> = known.keys().cloned().collect();
    add_package(&mut known, &root, "posemoe")?;
    for folder in subfolders(&root.join("interfaces"))? {
        let package = folder_name(&folder)?;
        add_package(&mut known, &folder, &package)?;
    }

    let mut ordered = Vec::new();
    let local = known.keys().filter(|key| !standard.contains(key));
    let services = STANDARD_SERVICES
        .iter()
        .flat_map(|service| ["Request", "Response"].map(|half| format!("{service}_{half}")));
    for key in local
        .cloned()
        .chain(STANDARD_TYPES.iter().copied().map(str::to_owned))
        .chain(services)
    {
        definition::visit_dependencies_first(&known, &key, &mut ordered)?;
    }
    let parsed = ordered.iter().map(|key| known[key].clone()).collect();
    let hashes: BTreeMap<String, String> = Resolver::new(false)
        .resolve_messages(parsed)?
        .into_iter()
        .map(|message| (key_of(&message.parsed), message.type_hash.to_rihs_string()))
        .collect();

    let mut messages = Vec::new();
    for key in &ordered {
        messages.push(render::Input {
            message: &known[key],
            definition: definition::with_dependencies(&known, key)?,
            type_hash: &hashes[key],
        });
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?).join("messages.rs");
    std::fs::write(out, render::modules(&messages)?)?;
    Ok(())
}

/// `package/Type` of a message.
pub fn key_of(message: &ParsedMessage) -> String {
    format!("{}/{}", message.package, message.name)
}

/// `package/Type` of a field of a message of `package`; `None` for numbers, strings and the like.
pub fn key_of_field(field: &Field, package: &str) -> Option<String> {
    let kind = &field.field_type;
    (!is_primitive_type(&kind.base_type)).then(|| {
        let package = kind.package.as_deref().unwrap_or(package);
        format!("{package}/{}", kind.base_type)
    })
}

fn add_standard_packages(known: &mut Messages) -> Result<(), Box<dyn Error>> {
    for folder in hiroz_codegen::discover_bundled_packages(false)? {
        let package = folder_name(&folder)?;
        // Of the bundled packages, those with test fixtures do not all parse; none is needed.
        if !package.starts_with("test_") {
            add_package(known, &folder, &package)?;
        }
    }
    Ok(())
}

fn add_package(known: &mut Messages, folder: &Path, package: &str) -> Result<(), Box<dyn Error>> {
    for message in discover_messages(folder, package)? {
        known.insert(key_of(&message), message);
    }
    for service in discover_services(folder, package)? {
        for (mut half, suffix) in [(service.request, "Request"), (service.response, "Response")] {
            half.name = format!("{}_{suffix}", service.name);
            known.insert(key_of(&half), half);
        }
    }
    Ok(())
}

fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn folder_name(folder: &Path) -> Result<String, Box<dyn Error>> {
    let name = folder.file_name().and_then(|name| name.to_str());
    Ok(name
        .ok_or_else(|| format!("{}: no usable name", folder.display()))?
        .to_owned())
}
