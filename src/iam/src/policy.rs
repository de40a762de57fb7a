//! A role's trust policy: read whole or refused whole, then evaluated (policy contract 2.6).

use std::fmt;

use crate::context::RequestContext;
use crate::error::{Mistakes, PolicyError};
use crate::json::{self, Json};
use crate::mapping::SessionTags;
use crate::safety::{self, Allowances};
use crate::statement::{Action, Effect, Statement};

/// A trust policy that is understood in every part.
#[derive(Debug, Clone)]
pub struct TrustPolicy {
    statements: Vec<Statement>,
}

/// What a trust policy says to a request.
#[derive(Debug)]
pub enum Decision {
    /// Every action of the exchange is allowed.
    Allowed,
    /// One is not.
    Refused(Explanation),
}

/// Why a trust policy refuses: for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    action: &'static str,
    denied_by: Option<String>,
    /// For each Allow that could have applied, what kept it from applying.
    unmet: Vec<(String, Vec<String>)>,
}

impl TrustPolicy {
    /// Reads a policy document; gives every mistake at once.
    pub fn parse(text: &str, allowances: Allowances) -> Result<Self, Vec<PolicyError>> {
        let document = json::read(text).map_err(|error| vec![error])?;
        let mut mistakes = Mistakes::default();
        let statements = read_document(&document, allowances, &mut mistakes);
        if mistakes.0.is_empty() {
            Ok(Self { statements })
        } else {
            Err(mistakes.0)
        }
    }

    /// Decides on an exchange: `sts:AssumeRole` and `sts:SetSourceIdentity` always, `sts:TagSession` when there is a
    /// tag. Each action by itself; all must pass; a Deny that applies to any is final.
    pub fn decide(&self, tags: &SessionTags, context: &RequestContext<'_>) -> Decision {
        // Conditions do not depend on the action: each is asked once.
        let met: Vec<(usize, &Statement)> = self
            .statements
            .iter()
            .enumerate()
            .filter(|(_, statement)| statement.is_met(context))
            .collect();
        let tag = (!tags.is_empty()).then_some(Action::TagSession);
        for action in [Action::AssumeRole, Action::SetSourceIdentity]
            .into_iter()
            .chain(tag)
        {
            if let Err(explanation) = self.decide_one(action, &met, context) {
                return Decision::Refused(explanation);
            }
        }
        Decision::Allowed
    }

    fn decide_one(
        &self,
        action: Action,
        met: &[(usize, &Statement)],
        context: &RequestContext<'_>,
    ) -> Result<(), Explanation> {
        let applying = |effect| {
            let mut met = met.iter().copied();
            met.find(move |(_, one)| one.effect == effect && one.covers(action))
        };
        if let Some((at, statement)) = applying(Effect::Deny) {
            let denied_by = Some(named(at, statement));
            return Err(Explanation {
                action: action.name(),
                denied_by,
                unmet: Vec::new(),
            });
        }
        if applying(Effect::Allow).is_some() {
            return Ok(());
        }
        let candidates =
            self.statements.iter().enumerate().filter(|(_, one)| {
                one.effect == Effect::Allow && one.names_the_service && one.covers(action)
            });
        let unmet = candidates
            .map(|(at, statement)| {
                let failed = statement
                    .conditions
                    .iter()
                    .filter(|condition| !condition.holds(context));
                (
                    named(at, statement),
                    failed.map(|condition| condition.explain(context)).collect(),
                )
            })
            .collect();
        Err(Explanation {
            action: action.name(),
            denied_by: None,
            unmet,
        })
    }
}

fn named(at: usize, statement: &Statement) -> String {
    match &statement.sid {
        Some(sid) => format!("statement `{sid}`"),
        None => format!("statement {}", at.saturating_add(1)),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action;
        if let Some(statement) = &self.denied_by {
            return write!(f, "{action} is denied by {statement} of the trust policy");
        }
        if self.unmet.is_empty() {
            return write!(
                f,
                "no statement of the trust policy allows {action} to rolesanywhere.amazonaws.com"
            );
        }
        write!(f, "no statement of the trust policy allows {action}:")?;
        for (statement, failed) in &self.unmet {
            write!(f, " {statement} wants {};", failed.join(" and "))?;
        }
        Ok(())
    }
}

fn read_document(document: &Json, allowances: Allowances, mistakes: &mut Mistakes) -> Vec<Statement> {
    let Json::Object(members) = document else {
        mistakes.add(
            "/",
            "the document is not an object",
            "write {\"Version\": \"2012-10-17\", \"Statement\": […]}",
        );
        return Vec::new();
    };
    // Without a version a policy is of 2008, whose variables are plain text (policy contract 1.2).
    let mut variables = false;
    let mut statements = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("Version", Json::Text(version)) if version == "2012-10-17" => variables = true,
            ("Version", Json::Text(version)) if version == "2008-10-17" => {}
            ("Version", _) => mistakes.add("/Version", "unknown version", "write \"2012-10-17\""),
            ("Id", Json::Text(_)) => {}
            ("Statement", Json::List(list)) => {
                let indexed = |(at, one)| (format!("/Statement/{at}"), one);
                statements = Some(list.iter().enumerate().map(indexed).collect::<Vec<_>>());
            }
            ("Statement", one @ Json::Object(_)) => statements = Some(vec![("/Statement".to_owned(), one)]),
            _ => mistakes.add(
                format!("/{name}"),
                "unknown element, or of the wrong type",
                "a document has Version, Id and Statement",
            ),
        }
    }
    let statements = statements.unwrap_or_default();
    if statements.is_empty() {
        mistakes.add("/Statement", "there is no statement", "add one");
    }
    let mut read: Vec<Statement> = Vec::new();
    for (place, json) in statements {
        let Some(statement) = Statement::read(json, &place, variables, mistakes) else {
            continue;
        };
        if statement.sid.is_some() && read.iter().any(|other| other.sid == statement.sid) {
            mistakes.add(
                format!("{place}/Sid"),
                "this Sid is given twice",
                "rename one of the statements",
            );
        }
        safety::check(&statement, &place, allowances, mistakes);
        read.push(statement);
    }
    read
}
