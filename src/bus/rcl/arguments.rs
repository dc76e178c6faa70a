//! Keeps the program's arguments from `rcl`.
//!
//! r2r hands the arguments of the process to `rcl`, whatever a program makes of them, and `rcl`
//! then remaps every name once more: with `-r a:=b -r b:=a` each topic would end where it began. It
//! takes a bare `from:=to` for remapping too, wherever it stands. It also reads the parameter files
//! itself, and r2r panics where `rcl` takes offence.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::bus::BusError;

/// Stands before arguments that are written so that `rcl` finds nothing in them.
const COVERED: &str = "--covered";

const ROS_ARGS: &str = "--ros-args";
/// What `rcl` looks for, and what is written instead.
const COVERS: [(&str, &str); 3] = [("%", "%25"), (":=", "%3A="), (ROS_ARGS, "--ros%2Dargs")];

/// Makes this process begin anew (the same process, by `exec`) with arguments in which `rcl` finds
/// nothing. Does nothing where there is nothing to find, so also the second time. Call it first of
/// all in `main`.
///
/// # Errors
/// [`BusError`] when the system cannot start the program's file again.
pub fn hide_arguments() -> Result<(), BusError> {
    let mut arguments = std::env::args_os();
    let name = arguments.next();
    match covered(arguments.collect()) {
        None => Ok(()),
        Some(arguments) => {
            let Err(error) = begin_anew(name.as_deref(), &arguments);
            Err(BusError::refused("hiding the arguments from rcl", &error))
        }
    }
}

/// The arguments as the user gave them.
pub fn given(arguments: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut arguments: Vec<String> = arguments.into_iter().collect();
    if arguments.first().is_some_and(|first| first == COVERED) {
        arguments.remove(0);
        for argument in &mut arguments {
            for (written, cover) in COVERS.into_iter().rev() {
                *argument = argument.replace(cover, written);
            }
        }
    }
    arguments
}

/// Returns only when it could not be done.
fn begin_anew(name: Option<&OsStr>, arguments: &[OsString]) -> Result<Infallible, std::io::Error> {
    let mut program = Command::new(std::env::current_exe()?);
    if let Some(name) = name {
        program.arg0(name);
    }
    Err(program.args(arguments).exec())
}

/// The arguments without any that `rcl` would look at; `None` when that is so already.
fn covered(mut arguments: Vec<OsString>) -> Option<Vec<OsString>> {
    let is_for_rcl = |argument: &OsString| {
        let text = argument.to_string_lossy();
        text == ROS_ARGS || text.contains(":=")
    };
    if !arguments.iter().any(is_for_rcl) {
        return None;
    }
    for argument in &mut arguments {
        // Bytes that are no text have no meaning for us either; left as they are, a `:=` among them
        // would make the process begin anew for ever.
        let mut text = argument.to_string_lossy().into_owned();
        for (written, cover) in COVERS {
            text = text.replace(written, cover);
        }
        *argument = text.into();
    }
    arguments.insert(0, COVERED.into());
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn texts(words: &[OsString]) -> Vec<String> {
        let text = |word: &OsString| word.to_str().unwrap().to_owned();
        words.iter().map(text).collect()
    }

    #[test]
    fn rcl_finds_no_arguments_of_its_own_and_we_find_all() {
        for line in [
            "--bus rcl --ros-args -r /yolo/tracking:=/a -r /a:=/b -- --ros-args --log-level info",
            "/a:=/b bare",
            "--ros-args -p model:=100%25_%3A=_:=.onnx",
        ] {
            let covered = covered(words(line)).unwrap();
            for word in texts(&covered) {
                assert!(word != ROS_ARGS && !word.contains(":="), "{word} of {line}");
            }
            assert_eq!(super::covered(covered.clone()), None, "the second time");
            assert_eq!(given(texts(&covered)), texts(&words(line)));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_covered_once() {
        let argument = OsString::from_vec(b"-p model:=/\xff:=.onnx".to_vec());
        let covered = covered(vec![argument]).unwrap();
        assert_eq!(super::covered(covered.clone()), None, "the second time");
        assert_eq!(given(texts(&covered)), ["-p model:=/\u{fffd}:=.onnx"]);
    }

    #[test]
    fn what_rcl_does_not_look_at_stays() {
        let plain = words("--bus rcl --model 100%25.onnx");
        assert_eq!(covered(plain.clone()), None);
        assert_eq!(given(texts(&plain)), texts(&plain));
    }
}
