//! Where `libonnxruntime.so` and the default model are, when nobody says.

use std::path::{Path, PathBuf};

use posemoe_core::lift::Mode;

/// Environment variable that names the library; `ORT_DYLIB_PATH`, ONNX Runtime's customary one, is
/// honoured after it.
pub const LIBRARY_VARIABLE: &str = "POSEMOE_ONNXRUNTIME";
const CUSTOMARY_VARIABLE: &str = "ORT_DYLIB_PATH";
const LIBRARY_NAME: &str = "libonnxruntime.so";

/// Nothing was found where it is looked for.
#[derive(Debug, thiserror::Error)]
#[error(
    "{what} not found; looked at {}; {remedy}",
    looked.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
)]
pub struct NotFound {
    what: &'static str,
    looked: Vec<PathBuf>,
    remedy: &'static str,
}

/// The ONNX Runtime library: as asked for, else from the environment, else where `scripts/setup` or
/// a package puts it.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at, and the remedy.
pub fn onnxruntime(asked: Option<&Path>) -> Result<PathBuf, NotFound> {
    let named = asked
        .map(Path::to_path_buf)
        .or_else(|| std::env::var_os(LIBRARY_VARIABLE).map(PathBuf::from))
        .or_else(|| std::env::var_os(CUSTOMARY_VARIABLE).map(PathBuf::from))
        .filter(|path| !path.as_os_str().is_empty());
    let candidates = match named {
        Some(path) => vec![path],
        None => homes()
            .into_iter()
            .flat_map(|home| {
                let mut cached = children(&home.join(".cache/onnxruntime"));
                cached.sort();
                cached.reverse(); // the newest version first
                cached.push(home.join("lib"));
                cached
            })
            .chain(["/usr/local/lib", "/usr/lib"].map(PathBuf::from))
            .map(|folder| folder.join(LIBRARY_NAME))
            .collect(),
    };
    first_file(
        candidates,
        "ONNX Runtime",
        "run scripts/setup, pass --onnxruntime PATH, or set POSEMOE_ONNXRUNTIME",
    )
}

/// The model: the file that is asked for, or the one that ships under that name; else the one that
/// ships for the mode.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at, and the remedy.
pub fn model(asked: Option<&Path>, mode: Mode) -> Result<PathBuf, NotFound> {
    let candidates = match (asked, mode) {
        (Some(path), _) => named(path),
        (None, Mode::Stream) => shipped("posemoe.onnx"),
        (None, Mode::Window) => shipped("posemoe_window.onnx"),
    };
    first_file(
        candidates,
        "model",
        "pass --model PATH or set the parameter model",
    )
}

/// The model that judges poses: the file that is asked for, or the one that ships under that name;
/// else the one that ships.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at, and the remedy.
pub fn plausibility(asked: Option<&Path>) -> Result<PathBuf, NotFound> {
    first_file(
        asked.map_or_else(|| shipped("posemoe_prior.onnx"), named),
        "the model of poses' plausibility",
        "set the parameter plausibility_model to its path, or to none",
    )
}

/// The smaller network of those that ship.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at, and the remedy.
pub fn small() -> Result<PathBuf, NotFound> {
    first_file(
        shipped("posemoe_xs.onnx"),
        "the smaller network",
        "leave out the mode streaming_xs",
    )
}

/// The network that `posemoe bench` compares with.
///
/// # Errors
/// [`NotFound`]: names every place that was looked at, and the remedy.
pub fn yardstick() -> Result<PathBuf, NotFound> {
    first_file(
        shipped("entangled_yardstick.onnx"),
        "the network to compare with",
        "leave out the mode window_entangled",
    )
}

/// Where a file that is asked for may be: there, or among those that ship.
fn named(path: &Path) -> Vec<PathBuf> {
    std::iter::once(path.to_path_buf())
        .chain(bare_name(path).map(shipped).unwrap_or_default())
        .collect()
}

/// A path that is no more than the name of a file.
fn bare_name(path: &Path) -> Option<&str> {
    path.file_name()
        .filter(|name| *name == path.as_os_str())
        .and_then(|name| name.to_str())
}

/// Where a file of `models/` may be.
fn shipped(file: &str) -> Vec<PathBuf> {
    homes()
        .into_iter()
        .flat_map(|home| [home.join("models"), home.join("share/posemoe/models")])
        .map(|folder| folder.join(file))
        .collect()
}

fn first_file(
    candidates: Vec<PathBuf>,
    what: &'static str,
    remedy: &'static str,
) -> Result<PathBuf, NotFound> {
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(NotFound {
            what,
            looked: candidates,
            remedy,
        }),
    }
}

/// Each folder above the program: target/release lies below a checkout, lib/posemoe below an
/// install prefix. Not the working directory: whoever may write there must not choose what a robot
/// loads.
fn homes() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    program
        .iter()
        .flat_map(|path| path.ancestors().skip(1).take(4))
        .map(Path::to_path_buf)
        .collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_where_and_how() {
        let error = onnxruntime(Some(Path::new("/nowhere/libonnxruntime.so"))).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("/nowhere/libonnxruntime.so") && text.contains("scripts/setup"),
            "{text}"
        );
        let error = model(Some(Path::new("/nowhere/x.onnx")), Mode::Stream)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("/nowhere/x.onnx") && error.contains("--model"),
            "{error}"
        );
    }

    #[test]
    fn a_model_that_ships_is_found_by_its_name() {
        for name in [
            "posemoe.onnx",
            "posemoe_fp16.onnx",
            "posemoe_window.onnx",
            "posemoe_xs.onnx",
            "posemoe_prior.onnx",
        ] {
            let found = model(Some(Path::new(name)), Mode::Stream).unwrap();
            assert!(found.ends_with(Path::new("models").join(name)), "{found:?}");
        }
        // A path means what it says.
        let error = model(Some(Path::new("./posemoe_xs.onnx")), Mode::Stream).unwrap_err();
        assert_eq!(error.looked, [Path::new("./posemoe_xs.onnx")]);
    }

    #[test]
    fn what_judges_poses_ships_and_can_be_named() {
        let shipped = plausibility(None).unwrap();
        assert_eq!(
            plausibility(Some(Path::new("posemoe_prior.onnx"))).unwrap(),
            shipped
        );
        let error = plausibility(Some(Path::new("/nowhere/p.onnx"))).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("/nowhere/p.onnx") && text.contains("or to none"),
            "{text}"
        );
    }

    #[test]
    fn each_mode_has_a_model_that_ships() {
        // Tests run from target/, below the checkout.
        for (mode, name) in [
            (Mode::Stream, "models/posemoe.onnx"),
            (Mode::Window, "models/posemoe_window.onnx"),
        ] {
            let found = model(None, mode).unwrap();
            assert!(found.ends_with(name), "{}", found.display());
        }
    }
}
