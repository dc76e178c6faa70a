//! The node as its users meet it: messages in, messages and diagnostics out.

mod bad_input;
mod bus;
mod following;
mod looking_ahead;
mod managed;
mod messages;
