//! Which door a request is for: by the method and the path exactly as they came. Nothing is decoded or tidied up, so
//! that nothing reads a path in two ways (threat G1).

use hyper::Method;

/// A front door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `POST /sessions`.
    Sessions,
    /// `POST /` and `GET /?…`: STS.
    Sts,
}

/// Every route there is.
pub(crate) const ROUTES: &[(Method, &str, Door)] = &[
    (Method::POST, "/sessions", Door::Sessions),
    (Method::POST, "/", Door::Sts),
    (Method::GET, "/", Door::Sts),
];

/// Why there is no door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoDoor {
    Path,
    /// There is one for another method.
    Method(Door),
}

/// Finds the door.
pub(crate) fn route(method: &Method, path: &str) -> Result<Door, NoDoor> {
    let on_path = || ROUTES.iter().filter(|(_, known, _)| *known == path);
    match on_path().find(|(known, _, _)| known == method) {
        Some((_, _, door)) => Ok(*door),
        None => Err(on_path()
            .next()
            .map_or(NoDoor::Path, |(_, _, door)| NoDoor::Method(*door))),
    }
}

impl Door {
    /// Its name in metrics.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Sts => "sts",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat G1.
    #[test]
    fn a_path_leads_to_a_door_in_one_spelling_only() {
        for (method, path, door) in ROUTES {
            assert_eq!(route(method, path), Ok(*door));
        }
        for path in [
            "/sessions/",
            "//sessions",
            "/./sessions",
            "/x/../sessions",
            "/%73essions",
            "/sessions%2f",
            "/Sessions",
            "/sessions;x",
            "/prefix/sessions",
            "",
            "*",
            "//",
            "/%2e",
            "sessions",
            "/sessions%00",
        ] {
            assert_eq!(route(&Method::POST, path), Err(NoDoor::Path), "{path}");
        }
        assert_eq!(
            route(&Method::GET, "/sessions"),
            Err(NoDoor::Method(Door::Sessions))
        );
        assert_eq!(route(&Method::DELETE, "/"), Err(NoDoor::Method(Door::Sts)));
    }
}
