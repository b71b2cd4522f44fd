//! Is there something to draw on? Asked before Bevy is, because winit and the renderer panic where there is not.

use bevy::render::settings::WgpuSettings;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// The reason, in a few words, why a window cannot be opened here.
pub fn can_draw() -> Result<(), String> {
    display()?;
    graphics()
}

/// Off X11 the window system is part of the operating system.
#[cfg(not(target_os = "linux"))]
fn display() -> Result<(), String> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn display() -> Result<(), String> {
    let name = std::env::var("DISPLAY").unwrap_or_default();
    if name.is_empty() {
        return Err("there is no display (DISPLAY is not set)".to_owned());
    }
    let (host, number) =
        parse_display(&name).ok_or_else(|| format!("DISPLAY={name} is not a display"))?;
    let reached = if host.is_empty() || host == "unix" {
        reach_local(number)
    } else {
        reach_remote(host, number)
    };
    if reached { Ok(()) } else { Err(format!("display {name} does not answer")) }
}

/// `host:number.screen`
#[cfg(target_os = "linux")]
fn parse_display(name: &str) -> Option<(&str, u16)> {
    let (host, rest) = name.rsplit_once(':')?;
    let number = rest.split('.').next()?;
    Some((host, number.parse().ok()?))
}

#[cfg(target_os = "linux")]
fn reach_local(number: u16) -> bool {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixStream};
    let path = format!("/tmp/.X11-unix/X{number}");
    let unnamed = || {
        SocketAddr::from_abstract_name(path.as_bytes())
            .and_then(|name| UnixStream::connect_addr(&name))
    };
    UnixStream::connect(&path).or_else(|_| unnamed()).is_ok()
}

#[cfg(target_os = "linux")]
fn reach_remote(host: &str, number: u16) -> bool {
    const FIRST_PORT: u16 = 6000;
    let Some(port) = FIRST_PORT.checked_add(number) else {
        return false;
    };
    let addresses = (host, port).to_socket_addrs();
    addresses.is_ok_and(|mut all| {
        all.any(|one| TcpStream::connect_timeout(&one, Duration::from_secs(2)).is_ok())
    })
}

/// Any adapter will do, a software driver too. Costs 3-55 ms.
fn graphics() -> Result<(), String> {
    let backends = WgpuSettings::default().backends.unwrap_or_default();
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = backends;
    let instance = wgpu::Instance::new(descriptor);
    let adapters = bevy::tasks::block_on(instance.enumerate_adapters(backends));
    if adapters.is_empty() { Err("there is no graphics driver".to_owned()) } else { Ok(()) }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn display_names() {
        assert_eq!(parse_display(":0"), Some(("", 0)));
        assert_eq!(parse_display(":99.1"), Some(("", 99)));
        assert_eq!(parse_display("box:10.0"), Some(("box", 10)));
        assert_eq!(parse_display("nonsense"), None);
    }

    #[test]
    fn a_dead_display_does_not_answer() {
        assert!(!reach_local(54_321));
    }
}
