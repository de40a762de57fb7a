//! The one place where outcomes become HTTP answers (contract 1.7, 1.10; policy contract 4.2).

use broker::{Refused, Step};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;
use wire::{CallerIdentityResponse, CreateSessionResponse, ErrorClass, RequestId, StsError};

/// What the answer to an exchange takes, in bytes.
const USUAL: usize = 2048;

/// What every door answers with.
pub(crate) type Answer = Response<Full<Bytes>>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const XML: HeaderValue = HeaderValue::from_static("text/xml");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The form of a door's answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON with `x-amzn-errortype`, as `/sessions` has it.
    Json,
    /// The XML of STS.
    StsXml,
    /// The JSON of STS.
    StsJson,
}

/// A session: 201.
pub(crate) fn session(response: &CreateSessionResponse, id: RequestId) -> Answer {
    let mut body = Vec::with_capacity(USUAL);
    response.write_json(&mut body);
    answer(StatusCode::CREATED, JSON, body, id)
}

/// Who the caller is: 200.
pub(crate) fn identity(response: &CallerIdentityResponse, form: Form, id: RequestId) -> Answer {
    match form {
        Form::StsJson => answer(StatusCode::OK, JSON, response.json(id).into_bytes(), id),
        Form::Json | Form::StsXml => answer(StatusCode::OK, XML, response.xml(id).into_bytes(), id),
    }
}

/// A refusal: the class's status, the code, the text, and nothing else.
pub(crate) fn refused(refused: &Refused, form: Form, id: RequestId) -> Answer {
    let status = refused.class.status();
    let error = StsError {
        status,
        code: refused.code,
        message: &refused.message,
    };
    let (kind, body) = match form {
        Form::Json => (JSON, json!({ "message": refused.message }).to_string()),
        Form::StsXml => (XML, error.xml(id)),
        Form::StsJson => (JSON, error.json(id)),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = answer(status, kind, body.into_bytes(), id);
    if form == Form::Json
        && let Ok(code) = HeaderValue::from_str(refused.code)
    {
        answer.headers_mut().insert(ERROR_TYPE, code);
    }
    if matches!(refused.class, ErrorClass::Throttled | ErrorClass::Unavailable) {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    // What was not read of such a request must not be taken for the next one.
    if matches!(refused.class, ErrorClass::TooLarge | ErrorClass::TooSlow) {
        answer
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

/// A fault of ours: nothing of it is told.
pub(crate) fn fault(id: RequestId) -> Answer {
    refused(&of_class(ErrorClass::Internal), Form::Json, id)
}

/// Without randomness nothing is issued, and there is no id to answer with (threat O6).
pub(crate) fn without_randomness(form: Form) -> Answer {
    // The forms of STS want an id in the body; in the head, where people look, one that others get too says nothing.
    let nobody = RequestId::from_random([0; 16]);
    let mut answer = refused(&of_class(ErrorClass::Unavailable), form, nobody);
    answer.headers_mut().remove(REQUEST_ID);
    answer
}

/// What a caller learns of a class, where no event says more.
fn of_class(class: ErrorClass) -> Refused {
    Refused {
        class,
        code: class.code(),
        message: class.message().to_owned(),
        step: Step::Edge,
        rule: "",
    }
}

fn answer(status: StatusCode, kind: HeaderValue, body: Vec<u8>, id: RequestId) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CACHE_CONTROL, NO_STORE);
    if let Ok(id) = HeaderValue::from_str(id.written().as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    answer
}
