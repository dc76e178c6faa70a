//! `config/posemoe.yaml`, `docs/parameters.md` and the package's metadata say what the code says.

use std::path::{Path, PathBuf};

use posemoe::config::Config;
use posemoe::config::render::{page, render};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/posemoe.yaml")
}

fn text() -> String {
    std::fs::read_to_string(file()).unwrap()
}

#[test]
fn the_file_is_what_the_code_renders() {
    assert_eq!(
        text(),
        render(),
        "config/posemoe.yaml is out of date; write it anew: \
         cargo run --quiet -- parameters > config/posemoe.yaml"
    );
}

#[test]
fn the_docs_are_what_the_code_renders() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/parameters.md");
    assert_eq!(
        std::fs::read_to_string(file).unwrap(),
        page(),
        "docs/parameters.md is out of date; write it anew: \
         cargo run --quiet -- parameters --markdown > docs/parameters.md"
    );
}

#[test]
fn it_loads_to_exactly_the_defaults() {
    let mut config = Config::default();
    let others = config.load_file(&file(), "/", "posemoe").unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(others, None);
}

#[test]
fn it_names_every_parameter_and_no_other() {
    let text = text();
    let named: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with(['#', ' ']))
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let known: Vec<&str> = Config::describe().iter().map(|p| p.name).collect();
    assert_eq!(named, known);
}

#[test]
fn the_package_has_one_version() {
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
    };
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("package.xml").contains(&format!("<version>{version}</version>")));
    // Either the changelog has this version with its date, or what is not released becomes it.
    let changes = read("CHANGELOG.md");
    let unreleased = changes.matches("\n## [Unreleased]\n").count();
    assert_eq!(unreleased, 1);
    let is_dated = changes.contains(&format!("\n## [{version}] - 20"));
    let is_coming = changes.contains(&format!("\nBecomes {version}"));
    assert!(is_dated != is_coming, "{version}");
}

/// The blocks of YAML in a page of the docs.
fn blocks(page: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(page);
    let text = std::fs::read_to_string(file).unwrap();
    let parts = text.split("```yaml\n").skip(1);
    let block = |part: &str| part.split("```").next().map(str::to_owned);
    parts.filter_map(block).collect()
}

#[test]
fn what_the_how_tos_say_loads() {
    let folder = tempfile::tempdir().unwrap();
    for page in ["collaboration.md", "nav2.md", "moveit.md"] {
        let blocks = blocks(page);
        let ours: Vec<_> = blocks
            .iter()
            .filter(|block| block.starts_with("/**:"))
            .collect();
        assert_eq!(ours.len(), 1, "{page}");
        let file = folder.path().join("ours.yaml");
        std::fs::write(&file, ours[0]).unwrap();
        let mut config = Config::default();
        config.load_file(&file, "/", "posemoe").unwrap();
        config.check().unwrap();
        assert_ne!(config, Config::default());
    }
}
