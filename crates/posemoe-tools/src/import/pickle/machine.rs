//! Runs the instructions of a pickle: a stack and a memo.

use super::opcode as op;
use super::{Id, Object, Refusal, Span, refuse};

/// Objects at most: a data set has thousands.
const MOST_OBJECTS: usize = 4_000_000;

pub struct Machine<'a> {
    pub bytes: &'a [u8],
    at: usize,
    pub objects: Vec<Object>,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: std::collections::BTreeMap<u32, Id>,
}

/// The objects, and which of them was pickled.
pub fn run(bytes: &[u8]) -> Result<(Vec<Object>, Id), Refusal> {
    let mut machine = Machine {
        bytes,
        at: 0,
        objects: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: std::collections::BTreeMap::new(),
    };
    match machine.until_stop() {
        Ok(root) => Ok((machine.objects, root)),
        Err(refusal) => Err(refusal.of(format!("pickle, byte {}", machine.at))),
    }
}

impl Machine<'_> {
    fn until_stop(&mut self) -> Result<Id, Refusal> {
        loop {
            let opcode = self.byte()?;
            if opcode == op::STOP {
                return self.pop();
            }
            self.step(opcode)?;
        }
    }

    fn step(&mut self, opcode: u8) -> Result<(), Refusal> {
        match opcode {
            op::PROTO => match self.byte()? {
                2..=5 => Ok(()),
                other => refuse(format!("protocol {other}, expected 2 to 5")),
            },
            op::FRAME => self.take(8).map(drop),
            op::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            op::POP => self.pop().map(drop),
            op::POP_MARK => self.above_mark().map(drop),
            op::DUP => {
                let top = self.top()?;
                self.stack.push(top);
                Ok(())
            }
            op::BINGET | op::LONG_BINGET => self.recall(opcode),
            op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.remember(opcode),
            op::APPEND | op::APPENDS | op::SETITEM | op::SETITEMS => self.fill(opcode),
            op::GLOBAL | op::STACK_GLOBAL => self.function(opcode),
            op::REDUCE => self.reduce(),
            op::BUILD => self.build(),
            _ => {
                let object = self.value(opcode)?;
                self.push(object)
            }
        }
    }

    /// The object that stands in the file.
    fn value(&mut self, opcode: u8) -> Result<Object, Refusal> {
        Ok(match opcode {
            op::NONE => Object::None,
            op::NEWTRUE => Object::Bool(true),
            op::NEWFALSE => Object::Bool(false),
            op::BININT => Object::Int(i64::from(self.number(4)? as u32 as i32)),
            op::BININT1 => Object::Int(self.number(1)? as i64),
            op::BININT2 => Object::Int(self.number(2)? as i64),
            op::LONG1 => self.long()?,
            op::BINFLOAT => {
                self.take(8)?;
                Object::Float
            }
            op::SHORT_BINUNICODE => Object::Text(self.span(1)?),
            op::BINUNICODE => Object::Text(self.span(4)?),
            op::BINUNICODE8 => Object::Text(self.span(8)?),
            op::SHORT_BINSTRING | op::SHORT_BINBYTES => Object::Bytes(self.span(1)?),
            op::BINSTRING | op::BINBYTES => Object::Bytes(self.span(4)?),
            op::BINBYTES8 | op::BYTEARRAY8 => Object::Bytes(self.span(8)?),
            op::EMPTY_LIST => Object::List(Vec::new()),
            op::EMPTY_DICT => Object::Dict(Vec::new()),
            op::EMPTY_TUPLE => Object::Tuple(Vec::new()),
            op::TUPLE => Object::Tuple(self.above_mark()?),
            op::TUPLE1..=op::TUPLE3 => {
                let length = usize::from(opcode - op::TUPLE1) + 1;
                Object::Tuple(self.above(self.stack.len().checked_sub(length))?)
            }
            other => {
                return refuse(format!(
                    "instruction {other:#04x}, which no plain data needs"
                ));
            }
        })
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        Ok(self.number(1)? as u8)
    }

    fn take(&mut self, length: usize) -> Result<Span, Refusal> {
        let end = self
            .at
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len());
        let Some(end) = end else {
            return refuse(format!("{length} more bytes expected, the data ends"));
        };
        let start = std::mem::replace(&mut self.at, end);
        Ok(Span { start, end })
    }

    /// A number of so many bytes, at most 8, the lowest first.
    fn number(&mut self, length: usize) -> Result<u64, Refusal> {
        let span = self.take(length)?;
        let bytes = self.bytes.get(span.start..span.end).unwrap_or_default();
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// What comes after its own length, of so many bytes.
    fn span(&mut self, bytes_of_length: usize) -> Result<Span, Refusal> {
        let length = self.number(bytes_of_length)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn long(&mut self) -> Result<Object, Refusal> {
        let length = usize::from(self.byte()?);
        if length > 8 {
            return refuse(format!("an integer of {length} bytes, expected 8 at most"));
        }
        let unused = 64 - 8 * length as u32;
        let bits = self.number(length)?.checked_shl(unused).unwrap_or(0) as i64;
        Ok(Object::Int(bits.checked_shr(unused).unwrap_or(0)))
    }

    pub fn line(&mut self) -> Result<String, Refusal> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                byte => line.push(byte),
            }
        }
    }

    pub fn push(&mut self, object: Object) -> Result<(), Refusal> {
        if self.objects.len() >= MOST_OBJECTS {
            return refuse(format!("more than {MOST_OBJECTS} objects"));
        }
        self.stack.push(self.objects.len());
        self.objects.push(object);
        Ok(())
    }

    pub fn top(&self) -> Result<Id, Refusal> {
        let is_above_mark = self.stack.len() > self.marks.last().copied().unwrap_or(0);
        let top = self.stack.last().copied().filter(|_| is_above_mark);
        top.ok_or_else(|| Refusal("an object is missing on the stack".to_owned()))
    }

    pub fn pop(&mut self) -> Result<Id, Refusal> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Takes what lies above a height of the stack.
    fn above(&mut self, height: Option<usize>) -> Result<Vec<Id>, Refusal> {
        let lowest = self.marks.last().copied().unwrap_or(0);
        match height.filter(|height| (lowest..=self.stack.len()).contains(height)) {
            Some(height) => Ok(self.stack.split_off(height)),
            None => refuse("an object is missing on the stack"),
        }
    }

    fn above_mark(&mut self) -> Result<Vec<Id>, Refusal> {
        let mark = self.marks.pop();
        let mark = mark.ok_or_else(|| Refusal("a mark is missing on the stack".to_owned()))?;
        self.above(Some(mark))
    }

    fn recall(&mut self, opcode: u8) -> Result<(), Refusal> {
        let index = self.number(if opcode == op::BINGET { 1 } else { 4 })? as u32;
        match self.memo.get(&index) {
            Some(id) => {
                self.stack.push(*id);
                Ok(())
            }
            None => refuse(format!("object {index} was not remembered")),
        }
    }

    fn remember(&mut self, opcode: u8) -> Result<(), Refusal> {
        let index = match opcode {
            op::BINPUT => self.number(1)? as u32,
            op::LONG_BINPUT => self.number(4)? as u32,
            _ => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        };
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }

    /// Puts items into a list, or keys with values into a dictionary.
    fn fill(&mut self, opcode: u8) -> Result<(), Refusal> {
        let added = match opcode {
            op::APPEND => vec![self.pop()?],
            op::SETITEM => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.above_mark()?,
        };
        let is_list = matches!(opcode, op::APPEND | op::APPENDS);
        let top = self.top()?;
        match self.objects.get_mut(top) {
            Some(Object::List(items)) if is_list => items.extend(added),
            Some(Object::Dict(entries)) if !is_list => {
                let pairs = added.chunks_exact(2);
                entries.extend(pairs.filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))));
            }
            _ => return refuse("items are put into something that is no list and no dictionary"),
        }
        Ok(())
    }
}
