//! Tensors that Python wrote, by name.

use std::path::PathBuf;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::{named, shipped};

/// A number as it lies in the file, little-endian.
pub trait Number: Copy {
    const DTYPE: Dtype;
    fn read(bytes: &[u8]) -> Self;
}

macro_rules! number {
    ($type:ty, $dtype:ident) => {
        impl Number for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().unwrap())
            }
        }
    };
}

number!(f32, F32);
number!(f64, F64);
number!(i64, I64);

/// A tensor, row-major.
pub struct Tensor<N> {
    pub shape: Vec<usize>,
    pub numbers: Vec<N>,
}

impl<N: Number> Tensor<N> {
    /// The numbers of one place along the first axis.
    pub fn row(&self, place: usize) -> &[N] {
        let len: usize = self.shape[1..].iter().product();
        &self.numbers[place * len..][..len]
    }

    /// The same, grouped by the last axis.
    pub fn rows<const WIDTH: usize>(&self, place: usize) -> Vec<[N; WIDTH]> {
        let (groups, rest) = self.row(place).as_chunks();
        assert!(rest.is_empty(), "{:?}", self.shape);
        groups.to_vec()
    }
}

pub struct Fixture {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Fixture {
    /// Of the models that ship, or that are named.
    pub fn load() -> Self {
        let path = named("POSEMOE_PARITY_FIXTURE");
        Self::read(path.unwrap_or_else(|| shipped("tests/data/parity.safetensors")))
    }

    /// Of the models of `tests/data/tiny/`.
    pub fn tiny() -> Self {
        Self::read(shipped("tests/data/tiny/parity.safetensors"))
    }

    /// Of the model that judges poses.
    pub fn plausibility() -> Self {
        Self::read(shipped("tests/data/plausibility.safetensors"))
    }

    fn read(path: PathBuf) -> Self {
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { path, bytes }
    }

    pub fn has(&self, name: &str) -> bool {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        tensors.names().contains(&name)
    }

    /// Measured depths for a model that takes them, of which there must be some, and some must be
    /// absent; else zeros, as many as there are keypoints.
    pub fn depth(&self, of: &str, takes_depth: bool) -> Tensor<f32> {
        let (depth, keypoints) = (format!("{of}.depth"), format!("{of}.keypoints"));
        if !takes_depth {
            let Tensor { shape, numbers } = self.tensor::<f32>(&keypoints);
            let numbers = vec![0.0; numbers.len()];
            return Tensor { shape, numbers };
        }
        let depth = self.tensor::<f32>(&depth);
        let measured = |one: &[f32; 3]| one[2] == 1.0;
        let (all, _) = depth.numbers.as_chunks();
        assert!(all.iter().any(measured) && !all.iter().all(measured));
        depth
    }

    /// What is said of segments, for a model that says it; else nothing.
    pub fn turns(&self, of: &str, gives_segments: bool) -> Tensor<f32> {
        if gives_segments {
            return self.tensor(&format!("{of}.segments"));
        }
        Tensor {
            shape: vec![0],
            numbers: Vec::new(),
        }
    }

    pub fn tensor<N: Number>(&self, name: &str) -> Tensor<N> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let view: TensorView<'_> = tensors
            .tensor(name)
            .unwrap_or_else(|e| panic!("{}: {name}: {e}", self.path.display()));
        assert_eq!(view.dtype(), N::DTYPE, "{name}");
        let numbers = view.data().chunks_exact(size_of::<N>()).map(N::read);
        Tensor {
            shape: view.shape().to_vec(),
            numbers: numbers.collect(),
        }
    }
}
