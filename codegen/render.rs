//! Writes Rust source: one module per package, one struct and one `Message` impl per type.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;

use hiroz_codegen::types::{ArrayType, Constant, DefaultValue, Field, ParsedMessage};

use crate::key_of_field;

/// One type to write.
pub struct Input<'a> {
    /// Its fields and constants.
    pub message: &'a ParsedMessage,
    /// Its full schema.
    pub definition: String,
    /// Its RIHS01 hash.
    pub type_hash: &'a str,
}

/// serde implements its traits for arrays up to this length; longer ones need serde-big-array.
const LONGEST_SERDE_ARRAY: usize = 32;

/// ROS 2 gives a type without fields this one, also on the wire.
const PLACEHOLDER: &str = "structure_needs_at_least_one_member";

/// The whole generated file.
pub fn modules(inputs: &[Input<'_>]) -> Result<String, Box<dyn Error>> {
    let mut packages = BTreeMap::<&str, String>::new();
    for input in inputs {
        let code = packages.entry(&input.message.package).or_default();
        code.push_str(&one_type(input)?);
    }
    let mut file = String::new();
    for (package, code) in packages {
        writeln!(file, "/// Messages of the package `{package}`.")?;
        writeln!(file, "pub mod {package} {{\n{code}}}\n")?;
    }
    writeln!(file, "pub(super) const TYPES: &[super::TypeInfo] = &[")?;
    for Input { message, .. } in inputs {
        writeln!(
            file,
            "super::info_of::<{}::{}>(),",
            message.package, message.name
        )?;
    }
    writeln!(file, "];")?;
    Ok(file)
}

fn one_type(input: &Input<'_>) -> Result<String, Box<dyn Error>> {
    let message = input.message;
    let (name, package) = (&message.name, &message.package);
    let docs = Docs::of(&message.source);
    let mut fields = String::new();
    let mut defaults = String::new();
    for field in &message.fields {
        let kind = rust_type(field, package)?;
        let attribute = serde_attribute(field);
        let doc = docs.line(&field.name);
        writeln!(fields, "{doc}{attribute}pub r#{}: {kind},", field.name)?;
        writeln!(defaults, "r#{}: {},", field.name, default_value(field)?)?;
    }
    if message.fields.is_empty() {
        writeln!(fields, "pub {PLACEHOLDER}: u8,")?;
        writeln!(defaults, "{PLACEHOLDER}: 0,")?;
    }
    let mut constants = String::new();
    for constant in &message.constants {
        let (kind, value) = rust_constant(constant)?;
        let doc = docs.line(&constant.name);
        writeln!(
            constants,
            "{doc}pub const {}: {kind} = {value};",
            constant.name
        )?;
    }
    let doc = doc_attributes(&docs.whole);
    Ok(format!(
        "{doc}#[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
pub struct {name} {{\n{fields}}}
impl ::core::default::Default for {name} {{ fn default() -> Self {{ Self {{\n{defaults}}} }} }}
impl {name} {{\n{constants}}}
impl crate::msg::Message for {name} {{
const TYPE_NAME: &'static str = \"{package}/{}/{name}\";
const DEFINITION: &'static str = {:?};
const TYPE_HASH: &'static str = {:?};
}}\n",
        folder(name),
        input.definition,
        input.type_hash
    ))
}

/// Where a type's definition stands in its package.
fn folder(name: &str) -> &'static str {
    match name.rsplit_once('_') {
        Some((_, "Request" | "Response")) => "srv",
        _ => "msg",
    }
}

fn rust_type(field: &Field, package: &str) -> Result<String, Box<dyn Error>> {
    let element = match key_of_field(field, package) {
        Some(key) => format!("super::{}", key.replace('/', "::")),
        None => rust_primitive(&field.field_type.base_type)?.to_owned(),
    };
    Ok(match field.field_type.array {
        ArrayType::Single => element,
        ArrayType::Fixed(count) => format!("[{element}; {count}]"),
        ArrayType::Bounded(_) | ArrayType::Unbounded => format!("::std::vec::Vec<{element}>"),
    })
}

fn rust_primitive(name: &str) -> Result<&'static str, Box<dyn Error>> {
    Ok(match name {
        "bool" => "bool",
        "byte" | "char" | "uint8" => "u8",
        "int8" => "i8",
        "int16" => "i16",
        "uint16" => "u16",
        "int32" => "i32",
        "uint32" => "u32",
        "int64" => "i64",
        "uint64" => "u64",
        "float32" => "f32",
        "float64" => "f64",
        "string" => "::std::string::String",
        other => return Err(format!("{other}: no Rust type for this field type").into()),
    })
}

fn serde_attribute(field: &Field) -> &'static str {
    let bytes = matches!(
        field.field_type.base_type.as_str(),
        "byte" | "char" | "uint8"
    );
    match field.field_type.array {
        ArrayType::Fixed(count) if count > LONGEST_SERDE_ARRAY => {
            "#[serde(with = \"::serde_big_array::BigArray\")]\n"
        }
        // Whole images travel in these: copied at once, not byte by byte.
        ArrayType::Bounded(_) | ArrayType::Unbounded if bytes => {
            "#[serde(with = \"::serde_bytes\")]\n"
        }
        _ => "",
    }
}

fn default_value(field: &Field) -> Result<String, Box<dyn Error>> {
    let plain = "::core::default::Default::default()";
    Ok(match (&field.default, &field.field_type.array) {
        (None, ArrayType::Fixed(_)) => format!("::core::array::from_fn(|_| {plain})"),
        (None, _) => plain.to_owned(),
        (Some(DefaultValue::Bool(value)), _) => value.to_string(),
        (Some(DefaultValue::Int(value)), _) => format!("{value} as _"),
        (Some(DefaultValue::Float(value)), _) => format!("{value:?} as _"),
        (Some(DefaultValue::String(value)), _) => format!("{value:?}.to_owned()"),
        (Some(other), _) => return Err(format!("{}: default {other:?}", field.name).into()),
    })
}

fn rust_constant(constant: &Constant) -> Result<(&'static str, String), Box<dyn Error>> {
    let kind = rust_primitive(&constant.const_type)?;
    let value = constant.value.trim();
    Ok(match kind {
        "::std::string::String" => ("&str", format!("{:?}", value.trim_matches(['"', '\'']))),
        "bool" => (kind, matches!(value, "true" | "True" | "1").to_string()),
        "f32" | "f64" => (kind, format!("{:?}", value.parse::<f64>()?)),
        _ => (kind, value.parse::<i128>()?.to_string()),
    })
}

/// What the comments of a `.msg` file say, about the type and about each field and constant.
struct Docs {
    whole: Vec<String>,
    by_name: BTreeMap<String, Vec<String>>,
}

impl Docs {
    /// A comment belongs to the line under it or the line that it ends; one that a blank line
    /// follows before any field belongs to the type.
    fn of(source: &str) -> Self {
        let mut docs = Self {
            whole: Vec::new(),
            by_name: BTreeMap::new(),
        };
        let mut above = Vec::new();
        for line in source.lines().map(str::trim) {
            let (code, comment) = line.split_once('#').unwrap_or((line, ""));
            let comment = comment.trim().to_owned();
            match code.split_whitespace().nth(1) {
                Some(name) => {
                    let name = name.split('=').next().unwrap_or(name);
                    above.extend(Some(comment).filter(|text| !text.is_empty()));
                    docs.by_name
                        .insert(name.to_owned(), std::mem::take(&mut above));
                }
                None if line.is_empty() && docs.by_name.is_empty() => {
                    docs.whole.append(&mut above);
                    docs.whole.push(String::new());
                }
                None if line.is_empty() => above.clear(),
                None => above.push(comment),
            }
        }
        docs
    }

    fn line(&self, name: &str) -> String {
        self.by_name
            .get(name)
            .map(|lines| doc_attributes(lines))
            .unwrap_or_default()
    }
}

fn doc_attributes(lines: &[String]) -> String {
    let text = lines.join("\n");
    match text.trim() {
        "" => String::new(),
        text => format!("#[doc = {text:?}]\n"),
    }
}
