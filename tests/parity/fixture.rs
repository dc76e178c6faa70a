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
    pub fn load() -> Self {
        let path = named("POSEMOE_PARITY_FIXTURE")
            .unwrap_or_else(|| shipped("tests/data/parity.safetensors"));
        let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Self { path, bytes }
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
