//! The operations that a pack names: which paths there are, and which methods they have.

use failspec_pack::{openapi::Declared, pack::Pack};

/// The operations of a pack.
pub struct Routes {
    /// Method, and path with a `None` for each segment that has a parameter.
    known: Vec<(String, Vec<Option<String>>)>,
}

/// The place of a request among the operations.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// An operation.
    Operation,
    /// Another method than those of the path.
    Method(Vec<String>),
    /// No path of the pack.
    Unknown,
}

impl Routes {
    /// Collects the operations of the contract. Those of its OpenAPI document are looked up there.
    pub fn of(pack: &Pack) -> Self {
        let segment = |segment: &str| (!segment.contains(['{', '$'])).then(|| segment.to_owned());
        let known = pack.contract.operations.values().map(|line| {
            let path = line.path.written.split('?').next().unwrap_or_default();
            (line.method.clone(), path.split('/').map(segment).collect())
        });
        Self { known: known.collect() }
    }

    /// Finds a request.
    pub fn find(&self, method: &str, path: &str, declared: Option<&Declared>) -> Route {
        if declared.is_some_and(|declared| declared.operation(method, path).is_some()) {
            return Route::Operation;
        }
        let asked: Vec<&str> = path.split('/').collect();
        let fits = |own: &[Option<String>]| {
            own.len() == asked.len()
                && own.iter().zip(&asked).all(|(own, asked)| match own {
                    Some(own) => own == asked,
                    None => !asked.is_empty(),
                })
        };
        let own = self.known.iter().filter(|(_, path)| fits(path)).map(|(method, _)| method.clone());
        let mut methods: Vec<String> = own.collect();
        methods.extend(declared.iter().flat_map(|declared| declared.methods(path)).map(str::to_owned));
        methods.sort();
        methods.dedup();
        match methods.as_slice() {
            [] => Route::Unknown,
            methods if methods.iter().any(|own| own == method) => Route::Operation,
            _ if method == "HEAD" && methods.iter().any(|own| own == "GET") => Route::Operation,
            _ => Route::Method(methods),
        }
    }
}
