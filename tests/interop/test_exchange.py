"""Every client that speaks the exchange already, unchanged: keys of three kinds, with and without an intermediate."""

import json
import re

import boto3
import pytest
from conftest import ACCOUNT, BIN, KINDS, REGION, ROOT, plain_environment, run
from iam_rolesanywhere_session import IAMRolesAnywhereSession

SESSION = rf"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/[0-9a-f]{{32}}"


def helper_arguments(broker, name):
    return [
        *["--endpoint", broker.endpoint],
        *["--certificate", broker.certificate(name), "--private-key", broker.key(name)],
        *["--trust-anchor-arn", broker.arns["trust anchor"]],
        *["--profile-arn", broker.arns["profile"], "--role-arn", broker.arns["role"]],
    ]


@pytest.mark.parametrize("chained", [False, True], ids=["direct", "chained"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_official_helper(broker, identity, kind, chained):
    name = f"{kind}-chained" if chained else kind
    more = ["--intermediates", broker.pki / "intermediate.pem"] if chained else []
    done = run(
        "aws_signing_helper",
        "credential-process",
        *helper_arguments(broker, name),
        *more,
        env=plain_environment(SSL_CERT_FILE=str(broker.ca)),
    )
    who = identity(json.loads(done.stdout))
    assert re.fullmatch(SESSION, who["Arn"]), who
    assert who["Account"] == ACCOUNT
    assert re.fullmatch(r"AROA[A-Z2-7]{17}:[0-9a-f]{32}", who["UserId"]), who


def test_the_official_helper_names_its_session(broker, identity):
    done = run(
        "aws_signing_helper",
        "credential-process",
        *helper_arguments(broker, "p256"),
        *["--role-session-name", "web-7", "--session-duration", "900"],
        env=plain_environment(SSL_CERT_FILE=str(broker.ca)),
    )
    assert identity(json.loads(done.stdout))["Arn"].endswith(":assumed-role/Reader/web-7")


def test_the_official_helper_tells_a_refusal(broker):
    """The class and the request id reach its user, and the operator finds the reason by that id."""
    arguments = helper_arguments(broker, "p256-chained")  # without its intermediate
    done = run(
        "aws_signing_helper",
        "credential-process",
        *arguments,
        env=plain_environment(SSL_CERT_FILE=str(broker.ca)),
        check=False,
    )
    assert done.returncode == 1
    told = re.search(r"StatusCode: 403, RequestID: ([0-9a-f-]{36}), AccessDeniedException", done.stderr)
    assert told, done.stderr
    assert "intermediate" in broker.explain(told[1])


@pytest.mark.parametrize("chained", [False, True], ids=["direct", "chained"])
@pytest.mark.parametrize("kind", KINDS)
def test_curl(broker, identity, tmp_path, kind, chained):
    name = f"{kind}-chained" if chained else kind
    certificate = tmp_path / "chain.pem"
    certificate.write_text(broker.certificate(name).read_text())
    if chained:
        with certificate.open("a") as file:
            file.write((broker.pki / "intermediate.pem").read_text())
    done = run(
        ROOT / "scripts" / "exchange-with-curl",
        env=plain_environment(
            LAB_ENDPOINT=broker.endpoint,
            LAB_CERTIFICATE=str(certificate),
            LAB_PRIVATE_KEY=str(broker.key(name)),
            LAB_CA_BUNDLE=str(broker.ca),
            LAB_TRUST_ANCHOR_ARN=broker.arns["trust anchor"],
            LAB_PROFILE_ARN=broker.arns["profile"],
            LAB_ROLE_ARN=broker.arns["role"],
        ),
    )
    issued = json.loads(done.stdout)["credentialSet"][0]
    credentials = {name[0].upper() + name[1:]: value for name, value in issued["credentials"].items()}
    who = identity(credentials)
    assert re.fullmatch(SESSION, who["Arn"]), who
    assert issued["assumedRoleUser"] == {"arn": who["Arn"], "assumedRoleId": who["UserId"]}
    assert issued["sourceIdentity"] == f"CN={kind}"


@pytest.mark.parametrize("chained", [False, True], ids=["direct", "chained"])
@pytest.mark.parametrize("kind", KINDS)
def test_awss_python_session(broker, kind, chained):
    name = f"{kind}-chained" if chained else kind
    session = IAMRolesAnywhereSession(
        profile_arn=broker.arns["profile"],
        role_arn=broker.arns["role"],
        trust_anchor_arn=broker.arns["trust anchor"],
        certificate=str(broker.certificate(name)),
        private_key=str(broker.key(name)),
        certificate_chain=str(broker.pki / "intermediate.pem") if chained else None,
        region=REGION,
        endpoint=broker.host,
        verify=str(broker.ca),
    ).get_session()
    who = session.client("sts", endpoint_url=broker.endpoint).get_caller_identity()
    assert re.fullmatch(SESSION, who["Arn"]), who


@pytest.fixture(params=["auto", "signature"])
def aws_home(broker, tmp_path, request):
    """A home folder whose ~/.aws/config runs certrole."""
    client = tmp_path / "client.toml"
    client.write_text(
        f"""
[use.web]
endpoint = "{broker.endpoint}"
trust-anchor-arn = "{broker.arns['trust anchor']}"
profile-arn = "{broker.arns['profile']}"
role-arn = "{broker.arns['role']}"
certificate = "{broker.certificate('p384-chained')}"
private-key = "{broker.key('p384-chained')}"
intermediates = "{broker.pki / 'intermediate.pem'}"
ca-bundle = "{broker.ca}"
proof = "{request.param}"
"""
    )
    client.chmod(0o600)
    (tmp_path / ".aws").mkdir()
    config = tmp_path / ".aws" / "config"
    config.write_text(
        f"""
[profile web]
region = {REGION}
ca_bundle = {broker.ca}
endpoint_url = {broker.endpoint}
credential_process = {BIN / 'certrole'} credential-process --config {client} --use web
"""
    )
    return tmp_path


def test_certrole_under_the_aws_cli(aws_home):
    done = run(
        *["aws", "--profile", "web", "--output", "json", "sts", "get-caller-identity"],
        env=plain_environment(HOME=str(aws_home)),
    )
    assert re.fullmatch(SESSION, json.loads(done.stdout)["Arn"])


def test_certrole_under_boto3(aws_home, monkeypatch):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(aws_home / ".aws" / "config"))
    who = boto3.Session(profile_name="web").client("sts").get_caller_identity()
    assert re.fullmatch(SESSION, who["Arn"]), who


@pytest.mark.parametrize("name", [*KINDS, *(f"{kind}-chained" for kind in KINDS)])
@pytest.mark.parametrize("proof", ["tls", "signature"])
def test_certrole_takes_the_official_helpers_place(broker, identity, name, proof):
    """The same flags, each proof, keys made by OpenSSL."""
    done = run(
        BIN / "certrole",
        "credential-process",
        *helper_arguments(broker, name),
        *["--intermediates", broker.pki / "intermediate.pem", "--ca-bundle", broker.ca, "--proof", proof],
    )
    assert re.fullmatch(SESSION, identity(json.loads(done.stdout))["Arn"])


@pytest.mark.parametrize("form", ["pkcs1", "sec1"])
def test_certrole_reads_the_older_forms_of_keys(broker, tmp_path, form):
    name = "rsa2048" if form == "pkcs1" else "p384"
    key = tmp_path / "old.key"
    convert = "rsa" if form == "pkcs1" else "ec"
    run("openssl", "pkey", "-in", broker.key(name), "-traditional", "-out", key)
    assert f"BEGIN {convert.upper()} PRIVATE KEY" in key.read_text()
    key.chmod(0o600)
    arguments = helper_arguments(broker, name)
    arguments[arguments.index("--private-key") + 1] = key
    done = run(BIN / "certrole", "credential-process", *arguments, "--ca-bundle", broker.ca, "--proof=signature")
    assert json.loads(done.stdout)["AccessKeyId"].startswith("ASIA")


def test_both_helpers_read_a_certificate_alike(broker):
    for name in KINDS:
        official = run("aws_signing_helper", "read-certificate-data", "--certificate", broker.certificate(name))
        ours = run(BIN / "certrole", "read-certificate-data", "--certificate", broker.certificate(name))
        assert json.loads(ours.stdout) == json.loads(official.stdout)
