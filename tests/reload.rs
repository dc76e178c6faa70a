//! A process loads the network more than once: for each camera, and whenever the node is configured
//! anew.

use posemoe::config::Config;
use posemoe::{engine, library};

#[test]
fn the_network_loads_beside_itself_and_again() {
    let config = Config::default();
    let names: Vec<String> = {
        let beside = [engine::load(&config), engine::load(&config)];
        beside.map(|loaded| loaded.unwrap().1.model).to_vec()
    };
    let again = engine::load(&config).unwrap().1.model;
    assert_eq!(names, [again.clone(), again]);
}

#[test]
fn another_library_beside_the_first_is_refused_with_both_names() {
    let config = Config::default();
    drop(engine::load(&config).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("libonnxruntime.so");
    std::fs::copy(library::onnxruntime(None).unwrap(), &copy).unwrap();
    let other = Config {
        onnxruntime: copy.to_string_lossy().into_owned(),
        ..config
    };
    let Err(error) = engine::load(&other) else {
        panic!("two libraries in one process")
    };
    let error = error.to_string();
    let expected = [copy.to_str().unwrap(), "is loaded already"];
    assert!(expected.iter().all(|part| error.contains(part)), "{error}");
}
