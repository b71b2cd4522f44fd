//! The parts of the game that need a window, one plugin each. None of them knows the others; they meet in the
//! resources of [`crate::sandbox`].

mod balls;
mod camera;
mod hud;
mod keys;
mod mouse;

pub use balls::BallsPlugin;
pub use camera::CameraPlugin;
pub use hud::HudPlugin;
pub use keys::KeysPlugin;
pub use mouse::MousePlugin;
