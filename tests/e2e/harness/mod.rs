//! What the tests share: certificates, the daemon as a process, and clients that send exactly the bytes they are told.

mod daemon;
mod fake;
mod http;
mod list_server;
mod pki;
mod possession;
mod programs;
mod provider;
mod responder;
mod server;
mod signer;

pub(crate) use daemon::{
    ACCOUNT, Daemon, Home, REGION, Setup, anchor_arn, members, mode, nonce, policy, profile_arn, query,
    role_arn, said,
};
pub(crate) use fake::{Fake, FakeProxy, answer};
pub(crate) use http::{Answer, Identity, Wire, tls_config, tls_config_of};
pub(crate) use list_server::{ListServer, Page};
pub(crate) use pki::{Authority, Key, Leaf};
pub(crate) use possession::Possession;
pub(crate) use programs::{certrole, certroled, core_limit, let_it_dump_core};
pub(crate) use provider::provider;
pub(crate) use responder::{Status, names_responder, ocsp_answer};
pub(crate) use server::{Server, document, trouble};
pub(crate) use signer::Signed;
