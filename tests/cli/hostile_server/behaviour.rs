//! A hostile behaviour of a server, and the expected result of a run.

use std::{io, io::Write as _};

use failspec_test_server::Connection;

use super::{Asked, json, response};

/// The response in which a server is hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The response to the request under test.
    Request,
    /// The response to the control.
    Control,
    /// The responses to the teardown.
    Teardown,
}

/// The expected result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The response is as documented: exit code 0.
    Passed,
    /// This check finds a violation: exit code 1.
    Violates(&'static str),
    /// Nothing can be judged, and the reason contains this text: exit code 3.
    Inconclusive(&'static str),
    /// The response is as documented, and the resources that the teardown could not remove are listed with this text:
    /// exit code 0.
    Leaves(&'static str),
}

/// The action of a server on a connection from which it has read a request.
pub type Act = Box<dyn Fn(&Asked, &mut Connection<'_>) -> io::Result<()> + Send + Sync>;

/// One row of the table.
pub struct Behaviour {
    pub name: &'static str,
    pub place: Place,
    pub act: Act,
    pub expected: Expected,
    /// True if it returns the credentials: then they must appear masked.
    pub echoes: bool,
    /// True if it closes the connection before sending a byte: a `GET` on a reused connection is then sent once more.
    pub loses: bool,
    /// Number of runs of the case: two if a connection is lost or a response is in doubt.
    pub runs: usize,
}

impl Behaviour {
    /// Marks the behaviour as closing the connection before sending a byte.
    pub fn that_loses(self) -> Self {
        Self { loses: true, ..self }
    }

    /// Marks the behaviour as one after which the case runs twice.
    pub fn that_runs_twice(self) -> Self {
        Self { runs: 2, ..self }
    }

    /// Moves the behaviour to the response to the control.
    pub fn in_the_control(self, expected: Expected) -> Self {
        Self { place: Place::Control, expected, ..self }
    }

    /// Moves the behaviour to the responses to the teardown.
    pub fn in_the_teardown(self, expected: Expected) -> Self {
        Self { place: Place::Teardown, expected, ..self }
    }
}

/// A behaviour with this action on the connection.
pub fn acts(
    name: &'static str,
    expected: Expected,
    act: impl Fn(&Asked, &mut Connection<'_>) -> io::Result<()> + Send + Sync + 'static,
) -> Behaviour {
    Behaviour {
        name,
        place: Place::Request,
        act: Box::new(act),
        expected,
        echoes: false,
        loses: false,
        runs: 1,
    }
}

/// A behaviour that sends these bytes.
pub fn sends(name: &'static str, expected: Expected, bytes: impl Into<Vec<u8>>) -> Behaviour {
    let bytes = bytes.into();
    acts(name, expected, move |_, stream| stream.write_all(&bytes))
}

/// A behaviour that sends a 404 with this JSON body.
pub fn says(name: &'static str, expected: Expected, body: impl Into<Vec<u8>>) -> Behaviour {
    sends(name, expected, json(404, &body.into()))
}

/// A behaviour that returns the credentials in a 404, made from the request: header lines and a body.
pub fn echoes(
    name: &'static str,
    expected: Expected,
    made: impl Fn(&Asked) -> (String, String) + Send + Sync + 'static,
) -> Behaviour {
    let act = move |asked: &Asked, stream: &mut Connection<'_>| {
        let (headers, body) = made(asked);
        stream.write_all(&response(404, &headers, body.as_bytes()))
    };
    Behaviour { echoes: true, ..acts(name, expected, act) }
}
