//! Safe by default: what an Allow must say, unless the role's entry says otherwise (design section 3; threats A3, A4,
//! A9).

use crate::condition::Condition;
use crate::error::Mistakes;
use crate::operator::Comparison;
use crate::statement::{Action, Effect, Statement};

/// What a role's entry allows its trust policy to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowances {
    /// Any trust anchor of the account will do (`any_anchor = true`).
    pub any_anchor: bool,
    /// Any certificate of the anchor will do (`any_certificate = true`).
    pub any_certificate: bool,
    /// A negated condition on an attribute may stand in an Allow (`negated_conditions = true`).
    pub negated_conditions: bool,
}

/// Stands in a remedy where the ARN of the trust anchor belongs; whoever knows the anchors puts it in.
pub const TRUST_ANCHOR_PLACEHOLDER: &str = "ARN OF THE TRUST ANCHOR";

/// Judges one statement.
pub(crate) fn check(statement: &Statement, place: &str, allowances: Allowances, mistakes: &mut Mistakes) {
    if statement.effect != Effect::Allow || !statement.names_the_service {
        return;
    }
    if !allowances.negated_conditions {
        let negated = statement
            .conditions
            .iter()
            .filter(|one| one.operator.negated && one.is_about_an_attribute());
        for condition in negated {
            mistakes.add(
                format!("{place}/Condition/{}/{}", condition.name, condition.key),
                "a negated condition on an attribute is true of a certificate that lacks the attribute",
                "say what the attribute must be, or use a Deny; or write `negated_conditions = true` in the role's entry",
            );
        }
    }
    if !statement.covers(Action::AssumeRole) {
        return;
    }
    if !allowances.any_anchor && !statement.conditions.iter().any(names_an_anchor) {
        mistakes.add(
            place,
            "this Allow is open to every trust anchor of the account",
            format!(
                "add {{\"ArnEquals\": {{\"aws:SourceArn\": \"{TRUST_ANCHOR_PLACEHOLDER}\"}}}}, or write `any_anchor = \
                 true` in the role's entry"
            ),
        );
    }
    if !allowances.any_certificate && !statement.conditions.iter().any(names_a_certificate) {
        mistakes.add(
            place,
            "this Allow is open to every certificate of the trust anchor",
            "add a condition such as {\"StringEquals\": {\"aws:PrincipalTag/x509Subject/OU\": \"…\"}} or on sts:SourceIdentity, or write `any_certificate = true` in the role's entry",
        );
    }
}

/// A positive condition on `aws:SourceArn`, each value an anchor's ARN with nothing open in its id.
fn names_an_anchor(condition: &Condition) -> bool {
    condition.is_about_the_anchor()
        && condition.operator.demands_presence()
        && !condition.texts.is_empty()
        && condition.texts.iter().all(|text| {
            let id = text
                .splitn(6, ':')
                .nth(5)
                .and_then(|resource| resource.strip_prefix("trust-anchor/"));
            id.is_some_and(|id| !id.is_empty() && !id.contains(['*', '?', '$']))
        })
}

/// A positive condition on the certificate, each value with a literal character and without a variable.
fn names_a_certificate(condition: &Condition) -> bool {
    condition.is_about_the_certificate()
        && condition.operator.demands_presence()
        && matches!(
            condition.operator.comparison,
            Comparison::Text { .. } | Comparison::Like | Comparison::Arn
        )
        && !condition.values.is_empty()
        && condition.values.iter().all(|value| {
            value.patterns().iter().any(|pattern| pattern.has_literal())
                && !value.patterns().iter().any(|pattern| pattern.has_variable())
        })
}
