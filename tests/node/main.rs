//! The node as its users meet it: messages in, messages and diagnostics out.

mod bad_calibration;
mod bad_input;
mod bus;
mod cloud;
mod depth_images;
mod floor;
mod following;
mod forgetting;
mod hri_and_nav;
mod hri_input;
mod impossible;
mod looking_ahead;
mod managed;
mod messages;
mod peers;
mod remembering;
mod resilience;
mod separation;
mod several_cameras;
mod steady;
mod target_frame;
mod together;
mod transforms;
mod verdicts;
mod waiting;
mod zed_input;
