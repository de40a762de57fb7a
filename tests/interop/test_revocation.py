"""Revocation with the programs of others: lists and answers of OpenSSL, Python's web server, curl, the official helper.

Threats R1 to R7, P20, G5.
"""

import re

import pytest
from conftest import free_port, plain_environment, run
from evidence_server import cut, endless, redirecting, serving, slow, trickling
from openssl_ca import Authority, Home

GRANTED = (201, None)
REVOKED = (403, "path.revoked")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def home(broker, authority, tmp_path):
    """Makes a broker that trusts the CA, with these lines about revocation."""
    return lambda revocation: Home(broker, authority, tmp_path / "home", revocation)


def test_lists_of_openssl_beside_the_anchor(authority, home):
    """A reload puts the next one in force, for the official helper too; the one before it is never taken again."""
    good, bad = authority.leaf("web-1"), authority.leaf("web-2")
    place = home("")
    first = authority.list()
    place.lists(first)
    with place.running():
        assert place.verdict(bad) == GRANTED
        authority.revoke(bad)
        place.lists(authority.list())
        assert place.command("reload").returncode == 0
        assert place.verdict(bad) == REVOKED
        assert place.verdict(good) == GRANTED
        arns = place.broker.arns
        done = run(
            *["aws_signing_helper", "credential-process", "--endpoint", f"https://localhost:{place.port}"],
            *["--certificate", authority.path("web-2.pem"), "--private-key", authority.path("web-2.key")],
            *["--trust-anchor-arn", arns["trust anchor"]],
            *["--profile-arn", arns["profile"], "--role-arn", arns["role"]],
            env=plain_environment(SSL_CERT_FILE=str(place.broker.ca)),
            check=False,
        )
        told = re.search(r"StatusCode: 403, RequestID: ([0-9a-f-]{36})", done.stderr)
        explained = place.command("explain", "--request-id", told[1]).stdout
        assert "(path.revoked)" in explained and "keyCompromise" in explained, explained
        place.lists(first)
        refused = place.command("reload")
        assert refused.returncode != 0 and "was seen already" in refused.stderr, refused.stderr
        assert place.verdict(bad) == REVOKED


def test_a_list_of_openssl_that_is_imported(authority, home):
    """It is taken once, and still holds after a restart; a hold that is taken back ends with the next list."""
    bad = authority.leaf("web-1")
    place = home("")
    file = place.folder / "handed.crl"

    def hand():
        file.write_bytes(authority.list(form="DER"))
        return place.command("import-crl", file, "--trust-anchor", "acme")

    with place.running():
        authority.revoke(bad, reason="certificateHold")
        done = hand()
        assert done.returncode == 0 and "1 certificates revoked" in done.stdout, done.stderr
        assert place.verdict(bad) == REVOKED
    with place.running():
        assert place.verdict(bad) == REVOKED
        index = authority.path("index.txt")
        index.write_text(re.sub(r"^R\t(\w+)\t[^\t]*\t", r"V\t\1\t\t", index.read_text(), flags=re.MULTILINE))
        assert hand().returncode == 0
        assert place.verdict(bad) == GRANTED


def test_complete_lists_are_fetched(authority, home):
    with serving() as server:
        good = authority.leaf("web-1", crl=server.url("ca.crl"))
        bad = authority.leaf("web-2", crl=server.url("ca.crl"))
        authority.revoke(bad)
        server.pages["/ca.crl"] = authority.list(form="DER")
        place = home('mode = "require"')
        with place.running():
            status, rule, said = place.exchange(good)
            assert (status, rule) == (503, "path.revocation-missing"), said
            assert re.search(r"^retry-after: 1\r?$", said, re.MULTILINE | re.IGNORECASE), said
            place.until_fetched("crl", "ok")
            assert place.verdict(good) == GRANTED
            assert place.verdict(bad) == REVOKED
        assert server.asked == ["/ca.crl"]
    # The server is gone, and the very first request after a restart is that of the revoked one.
    with place.running():
        assert place.verdict(bad) == REVOKED
        assert place.verdict(good) == GRANTED


def test_partitioned_lists_are_fetched_and_each_speaks_for_its_own(authority, home):
    """The server gives the first part's list as the second's too: it is not taken for it."""
    with serving() as server:
        first = authority.leaf("web-1", crl=server.url("1.crl"))
        second = authority.leaf("web-2", crl=server.url("2.crl"))
        bad = authority.leaf("web-3", crl=server.url("1.crl"))
        authority.revoke(bad)
        server.pages["/1.crl"] = server.pages["/2.crl"] = authority.partitioned(server.url("1.crl"))
        place = home('mode = "require"')
        with place.running():
            assert place.verdict(first)[0] == 503
            place.until_fetched("crl", "ok")
            assert place.verdict(first) == GRANTED
            assert place.verdict(bad) == REVOKED
            assert place.verdict(second) == (503, "path.revocation-out-of-scope")
            place.until_fetched("crl", "ok", 2)
            assert place.verdict(second) == (503, "path.revocation-out-of-scope")


@pytest.mark.parametrize(
    ("staleness", "verdict"), [(0, (403, "path.revocation-stale")), (90000, GRANTED)], ids=["hard", "grace"]
)
def test_a_list_of_openssl_that_is_over(authority, home, staleness, verdict):
    """Whom it lists is refused all the same."""
    good, bad = authority.leaf("web-1"), authority.leaf("web-2")
    authority.revoke(bad)
    place = home(f"max_staleness_seconds = {staleness}")
    over = run("date", "-u", "-d", "1 day ago", "+%Y%m%d%H%M%SZ").stdout.strip()
    place.lists(authority.list("-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", over))
    with place.running():
        assert place.verdict(good) == verdict
        assert place.verdict(bad) == REVOKED


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("slow", None),
        ("trickling", None),
        ("endless", "longer than 65536 bytes"),
        ("redirecting", "a redirect, and certroled follows none"),
        ("another", "none of the certificates that are known here signed it"),
        ("older", "was seen already"),
        ("html", "there is no CRL in it"),
        ("truncated", "what came is not taken"),
        ("cut", "ended before the answer was whole"),
    ],
)
def test_a_hostile_server_of_lists(authority, home, tmp_path, kind, told):
    """What is in force stays so, and no exchange waits: a fetch may last ten minutes here."""
    good, bad = authority.leaf("web-1"), authority.leaf("web-2")
    older = authority.list(form="DER")
    authority.revoke(bad)
    present, newer = authority.list(), authority.list(form="DER")
    with serving(newer=newer) as elsewhere, serving() as server:
        server.pages["/ca.crl"] = {
            "slow": slow,
            "trickling": trickling,
            "endless": endless,
            "redirecting": redirecting(elsewhere.url("newer")),
            "another": Authority(tmp_path / "other").list(form="DER"),
            "older": older,
            "html": b"<!DOCTYPE html><title>Log in</title>",
            "truncated": newer[:-20],
            "cut": cut(newer),
        }[kind]
        place = home(f'mode = "require"\ncrl_urls = ["{server.url("ca.crl")}"]')
        place.lists(present)
        with place.running():
            if told is None:
                place.until_asked(server, "/ca.crl")
            else:
                place.until_fetched("crl", "failed")
                assert told in place.log(), place.log()
            assert place.verdict(good) == GRANTED
            assert place.verdict(bad) == REVOKED
            assert place.fetches("crl", "ok") == 0
        assert elsewhere.asked == []


@pytest.mark.parametrize("signer", ["ca", "responder"])
def test_answers_of_openssl(authority, home, signer):
    """By the CA itself, or by whom it certified for it; kept over a restart that finds no responder."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    good, bad = authority.leaf("web-1", ocsp=url), authority.leaf("web-2", ocsp=url)
    unknown = authority.leaf("web-3", ocsp=url, in_database=False)
    authority.revoke(bad)
    authority.delegate()
    verdicts = [(good, GRANTED), (bad, REVOKED), (unknown, (403, "path.revocation-unknown"))]
    place = home('mode = "require"\nsources = ["ocsp"]')
    with authority.responder(signer, port), place.running():
        for name, _ in verdicts:
            assert place.verdict(name) == (503, "path.revocation-missing")
        place.until_fetched("ocsp", "ok", 3)
        for name, verdict in verdicts:
            assert place.verdict(name) == verdict, name
    with place.running():
        for name, verdict in reversed(verdicts):
            assert place.verdict(name) == verdict, name


def test_a_responder_that_nobody_certified_is_not_believed(authority, home):
    """A client of the CA answers for it."""
    port = free_port()
    good = authority.leaf("web-1", ocsp=f"http://127.0.0.1:{port}/")
    authority.leaf("web-2")
    place = home('mode = "require"\nsources = ["ocsp"]')
    with authority.responder("web-2", port), place.running():
        assert place.verdict(good)[0] == 503
        place.until_fetched("ocsp", "failed")
        assert place.verdict(good) == (503, "path.revocation-missing")
        assert "the responder's certificate" in place.log(), place.log()
