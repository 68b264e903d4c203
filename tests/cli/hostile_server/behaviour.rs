//! One hostile behaviour and what a run must make of it.

use std::{io, io::Write as _, net::TcpStream};

use super::{Asked, json, response};

/// Where a server is hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the response to the request under test.
    Request,
    /// In the response to the control.
    Control,
    /// In the responses to the teardown.
    Teardown,
}

/// What a run must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The response is as documented: exit code 0.
    Passed,
    /// This check finds a violation: exit code 1.
    Violates(&'static str),
    /// There is nothing to judge, and the reason holds this text: exit code 3.
    Inconclusive(&'static str),
    /// As documented, and what the teardown could not remove is listed with this text: exit code 0.
    Leaves(&'static str),
}

/// What a server does on a connection from which it has read a request.
pub type Act = Box<dyn Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync>;

/// One row of the table.
pub struct Behaviour {
    pub name: &'static str,
    pub place: Place,
    pub act: Act,
    pub expected: Expected,
    /// Whether it sends the credentials back: then they must be seen as masked.
    pub echoes: bool,
    /// Whether it ends the connection before a byte came back: a `GET` that met this on a connection that was used
    /// before goes out once more.
    pub loses: bool,
}

impl Behaviour {
    /// The same behaviour, which ends the connection before a byte came back.
    pub fn that_loses(self) -> Self {
        Self { loses: true, ..self }
    }

    /// The same behaviour, in the response to the control.
    pub fn in_the_control(self, expected: Expected) -> Self {
        Self { place: Place::Control, expected, ..self }
    }

    /// The same behaviour, in the responses to the teardown.
    pub fn in_the_teardown(self, expected: Expected) -> Self {
        Self { place: Place::Teardown, expected, ..self }
    }
}

/// Does something with the connection.
pub fn acts(
    name: &'static str,
    expected: Expected,
    act: impl Fn(&Asked, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static,
) -> Behaviour {
    Behaviour { name, place: Place::Request, act: Box::new(act), expected, echoes: false, loses: false }
}

/// Sends these bytes.
pub fn sends(name: &'static str, expected: Expected, bytes: impl Into<Vec<u8>>) -> Behaviour {
    let bytes = bytes.into();
    acts(name, expected, move |_, stream| stream.write_all(&bytes))
}

/// Sends a 404 with this body, as JSON.
pub fn says(name: &'static str, expected: Expected, body: impl Into<Vec<u8>>) -> Behaviour {
    sends(name, expected, json(404, &body.into()))
}

/// Sends the credentials back in a 404 that is made of the request: header lines, and a body.
pub fn echoes(
    name: &'static str,
    expected: Expected,
    made: impl Fn(&Asked) -> (String, String) + Send + Sync + 'static,
) -> Behaviour {
    let act = move |asked: &Asked, stream: &mut TcpStream| {
        let (headers, body) = made(asked);
        stream.write_all(&response(404, &headers, body.as_bytes()))
    };
    Behaviour { echoes: true, ..acts(name, expected, act) }
}
