//! One statement of a trust policy (policy contract 1.3 to 1.5).

use crate::condition::Condition;
use crate::context::RequestContext;
use crate::error::Mistakes;
use crate::json::Json;

/// Who asks in an exchange.
pub(crate) const SERVICE_PRINCIPAL: &str = "rolesanywhere.amazonaws.com";

/// The actions that an exchange performs (policy contract 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    AssumeRole,
    TagSession,
    SetSourceIdentity,
}

impl Action {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AssumeRole => "sts:AssumeRole",
            Self::TagSession => "sts:TagSession",
            Self::SetSourceIdentity => "sts:SetSourceIdentity",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// A statement, ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    /// Whether the service principal is meant: by name, by `*`, or by not being left out.
    pub(crate) names_the_service: bool,
    covers: [bool; 3],
    pub(crate) conditions: Vec<Condition>,
}

impl Statement {
    pub(crate) fn covers(&self, action: Action) -> bool {
        let [assume, tag, identity] = self.covers;
        match action {
            Action::AssumeRole => assume,
            Action::TagSession => tag,
            Action::SetSourceIdentity => identity,
        }
    }

    /// Whether it speaks of the service, and of a request such as this.
    pub(crate) fn is_met(&self, context: &RequestContext<'_>) -> bool {
        self.names_the_service && self.conditions.iter().all(|condition| condition.holds(context))
    }

    pub(crate) fn read(json: &Json, place: &str, variables: bool, mistakes: &mut Mistakes) -> Option<Self> {
        let Json::Object(members) = json else {
            mistakes.add(
                place,
                "a statement is not an object",
                "write {\"Effect\": …, \"Principal\": …}",
            );
            return None;
        };
        let mut sid = None;
        let mut effect = None;
        let mut names_the_service = None;
        let mut covers = None;
        let mut conditions = Vec::new();
        for (name, value) in members {
            let place = format!("{place}/{name}");
            match name.as_str() {
                "Sid" => match value {
                    Json::Text(text) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                        sid = Some(text.clone()).filter(|text| !text.is_empty());
                    }
                    _ => mistakes.add(place, "a Sid is letters and digits only", "rename the statement"),
                },
                "Effect" => match value {
                    Json::Text(text) if text == "Allow" => effect = Some(Effect::Allow),
                    Json::Text(text) if text == "Deny" => effect = Some(Effect::Deny),
                    _ => mistakes.add(
                        place,
                        "the effect is neither `Allow` nor `Deny`",
                        "write one of them, in that case",
                    ),
                },
                "Principal" | "NotPrincipal" => {
                    if names_the_service.is_some() {
                        mistakes.add(
                            &place,
                            "there is both Principal and NotPrincipal",
                            "keep one of them",
                        );
                    }
                    let named = names_service(value, &place, mistakes);
                    let by_exclusion = name == "NotPrincipal";
                    names_the_service = Some((named != by_exclusion, by_exclusion));
                }
                "Action" | "NotAction" => {
                    if covers.is_some() {
                        mistakes.add(&place, "there is both Action and NotAction", "keep one of them");
                    }
                    covers = Some(covered(value, &place, name == "NotAction", mistakes));
                }
                "Resource" | "NotResource" => mistakes.add(
                    place,
                    "a trust policy has no resource (Has prohibited field Resource.)",
                    "remove it: the role itself is the resource",
                ),
                "Condition" => conditions = Condition::read_all(value, &place, variables, mistakes),
                _ => mistakes.add(
                    place,
                    "unknown element",
                    "element names are case-sensitive; see the policy grammar",
                ),
            }
        }
        let mut require = |what: &str, there: bool| {
            if !there {
                mistakes.add(place, format!("{what} is missing"), "add it");
            }
        };
        require("Effect", effect.is_some());
        require("Principal", names_the_service.is_some());
        require("Action", covers.is_some());
        let (effect, (names_the_service, by_exclusion)) = (effect?, names_the_service?);
        if by_exclusion && effect == Effect::Allow {
            mistakes.add(
                place,
                "an Allow with NotPrincipal admits everyone who is not named",
                "name who is admitted in Principal",
            );
        }
        Some(Self {
            sid,
            effect,
            names_the_service,
            covers: covers?,
            conditions,
        })
    }
}

/// Whether a principal element names the service (policy contract 1.4). Other principals are read, and are not it.
fn names_service(json: &Json, place: &str, mistakes: &mut Mistakes) -> bool {
    let members = match json {
        Json::Text(text) if text == "*" => return true,
        Json::Object(members) => members,
        _ => {
            mistakes.add(
                place,
                "a principal is neither `\"*\"` nor an object",
                "write {\"Service\": \"rolesanywhere.amazonaws.com\"}",
            );
            return false;
        }
    };
    if members.is_empty() {
        mistakes.add(
            place,
            "it names nobody",
            "write {\"Service\": \"rolesanywhere.amazonaws.com\"}",
        );
    }
    let mut named = false;
    for (kind, value) in members {
        let place = format!("{place}/{kind}");
        for text in list(value, &place, mistakes) {
            match kind.as_str() {
                "Service" if text == SERVICE_PRINCIPAL => named = true,
                "Service" if text.contains(['*', '?']) || !text.contains('.') => {
                    mistakes.add(
                        &place,
                        format!("`{text}` is not a service principal"),
                        "write its host name, such as rolesanywhere.amazonaws.com",
                    );
                }
                "AWS" if text == "*" => named = true,
                "AWS" if !is_aws_principal(&text) => {
                    mistakes.add(
                        &place,
                        format!("`{text}` is not an account, an ARN or a unique id"),
                        "write one of them whole: wildcards only stand alone",
                    );
                }
                "Federated" | "CanonicalUser" if text.contains(['*', '?']) => {
                    mistakes.add(
                        &place,
                        format!("`{text}` holds a wildcard"),
                        "write the name whole",
                    );
                }
                "Service" | "AWS" | "Federated" | "CanonicalUser" => {}
                _ => {
                    mistakes.add(
                        &place,
                        "unknown kind of principal",
                        "use AWS, Service, Federated or CanonicalUser",
                    );
                    break;
                }
            }
        }
    }
    named
}

fn is_aws_principal(text: &str) -> bool {
    let account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let arn = text.starts_with("arn:") && text.split(':').count() >= 6;
    let id = text.len() >= 16
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    !text.contains(['*', '?']) && (account || arn || id)
}

/// The actions of STS that trust policies name (policy contract, part 3); the broker performs the first three.
const KNOWN_ACTIONS: [&str; 7] = [
    "AssumeRole",
    "TagSession",
    "SetSourceIdentity",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "SetContext",
];

/// Which of our three actions the element covers.
fn covered(json: &Json, place: &str, negated: bool, mistakes: &mut Mistakes) -> [bool; 3] {
    let texts = list(json, place, mistakes);
    if texts.is_empty() {
        mistakes.add(place, "it names no action", "write \"sts:AssumeRole\"");
    }
    for text in &texts {
        let is_understood = text == "*"
            || text.split_once(':').is_some_and(|(service, name)| {
                // A misspelt action covers nothing, and nobody would notice.
                let known = KNOWN_ACTIONS
                    .iter()
                    .any(|known| crate::pattern::glob_text(&name.to_lowercase(), &known.to_lowercase()));
                service.eq_ignore_ascii_case("sts") && known
            });
        if !is_understood {
            mistakes.add(
                place,
                format!("`{text}` is not an action of a trust policy"),
                "use sts:AssumeRole, sts:TagSession and sts:SetSourceIdentity",
            );
        }
    }
    [Action::AssumeRole, Action::TagSession, Action::SetSourceIdentity].map(|action| {
        let name = action.name().to_lowercase();
        let matched = texts.iter().any(|text| {
            let text = text.to_lowercase();
            // A trust policy's actions have neither variables nor case.
            text == "*" || crate::pattern::glob_text(&text, &name)
        });
        matched != negated
    })
}

fn list(json: &Json, place: &str, mistakes: &mut Mistakes) -> Vec<String> {
    let list = match json {
        Json::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut texts = Vec::new();
    for value in list {
        match value {
            Json::Text(text) => texts.push(text.clone()),
            _ => mistakes.add(
                place,
                "a value is not text",
                "write a string, or a list of strings",
            ),
        }
    }
    texts
}
