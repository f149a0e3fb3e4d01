"""A token given in any way that cifix knows: in no argument, file, report or message of a run."""

import base64
from collections.abc import Iterator

import pytest

from tests.security.place import STRACE, Place, Seen
from tests.security.rows import Row

GIVEN = {
    "GITHUB_TOKEN": "ghp_" + "a1B2" * 9,
    "GH_TOKEN": "gho_" + "c3D4" * 9,
    "GITLAB_TOKEN": "glpat-" + "e5F6" * 5,
    "CI_JOB_TOKEN": "glcbt-" + "g7H8" * 5,
    "FLEET_TOKEN": "fleet-i9J0k1L2m3N4",
}
"""Tokens by the variable that holds them."""

KEY = "MIIEowIBAAKCAQEA0o1P2q3R4s5T"
NETRC = "netrc-u6V7w8X9y0Z1"
ADDRESS = "address-a9B8c7D6e5F4"
NOWHERE = "127.0.0.1:1"
LOGGED = {
    "github": "ghs_" + "Zz09" * 9,
    "gitlab": "glpat-" + "Yy18" * 5,
    "pypi": "pypi-" + "Xx27" * 14,
    "aws": "AKIA" + "QWERTYUI12345678"[:16],
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLWl0",
    "password": "password=correct-horse-battery",
    "header": "Authorization: Bearer abcdefghijklmnop",
    "url": "https://ada:lovelace-1815@git.example.org/x.git",
}
"""What programs print into logs."""
SHOWN = ("correct-horse-battery", "abcdefghijklmnop", "lovelace-1815")
FORMS = ("text", "json", "markdown")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place.make(tmp_path_factory.mktemp("secrets") / "place")
    (place.home / "key.pem").write_text(f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n-----END RSA PRIVATE KEY-----\n")
    (place.home / ".netrc").write_text(f"machine {NOWHERE} login ada password {NETRC}\n")
    (place.home / ".netrc").chmod(0o600)
    place.git("config", "remote.origin.url", f"http://ada:{ADDRESS}@{NOWHERE}/ada/quant.git")
    (place.home / "list").write_text(f"http://{NOWHERE}/ada/quant.git\n")
    (place.home / "worse").write_text(f"http://ada:{ADDRESS}@{NOWHERE}/ada/quant.git\n")
    start = "2026-01-01T00:00:00.0000000Z "
    lines = [f"##[error]upload failed: {secret}" for secret in LOGGED.values()]
    lines += [
        f"ModuleNotFoundError: No module named '{LOGGED['github']}'",
        "##[error]Process completed with exit code 1.",
    ]
    (place.home / "leaky.log").write_text("".join(f"{start}{line}\n" for line in lines))
    return place


@pytest.fixture(scope="module")
def seen(place: Place) -> Seen:
    fleet = ["--state", str(place.home / "state"), "--token", f"{NOWHERE}=FLEET_TOKEN", "--jobs", "1"]
    commands = [
        ["check", "--format=json"],
        ["check"],
        ["apply"],
        ["pr", "--forge=github"],
        ["pr", "--forge=gitlab"],
        ["pr", "--dry-run", "--forge=auto"],
        ["fleet", "apply", "--repos", str(place.home / "list"), *fleet],
        ["fleet", "report", "--format=json", "--state", str(place.home / "state")],
        ["fleet", "plan", "--repos", str(place.home / "worse"), *fleet],
        *(["diagnose", str(place.home / "leaky.log"), f"--format={form}"] for form in FORMS),
        ["plan", "--log", str(place.home / "leaky.log")],
    ]
    server = f"http://{NOWHERE}"
    places = {"GITHUB_SERVER_URL": server, "CI_SERVER_URL": server, "CIFIX_APP_KEY_FILE": str(place.home / "key.pem")}
    return place.run(commands, environ={**GIVEN, **places})


def forms() -> Iterator[bytes]:
    """The tokens as they are, and as a header bears them."""
    for secret in (*GIVEN.values(), KEY, NETRC, ADDRESS):
        yield secret.encode()
        for user in ("x-access-token", "oauth2", "gitlab-ci-token", "ada"):
            yield base64.b64encode(f"{user}:{secret}".encode()).rstrip(b"=")[:-2]


def test_no_report_or_message_shows_a_token(seen: Seen) -> None:
    for answer in seen.answers.values():
        for secret in forms():
            assert secret not in answer.out + answer.err, answer.words
        assert b"Traceback" not in answer.err


def test_what_a_log_gives_away_is_hidden(seen: Seen) -> None:
    hidden = [value for name, value in LOGGED.items() if name not in ("password", "header", "url")]
    for answer in seen.answers.values():
        for secret in (*hidden, *SHOWN):
            assert secret.encode() not in answer.out + answer.err, answer.words


def test_no_file_holds_a_token(place: Place, seen: Seen) -> None:
    del seen
    given = {place.home / name for name in ("key.pem", ".netrc", "worse", "leaky.log")} | {place.target / ".git/config"}
    left = [path for path in place.folder.rglob("*") if path.is_file() and path not in given]
    left = [path for path in left if path.name != "calls"]
    assert any(path.name == "state" for path in left)
    for path in left:
        data = path.read_bytes()
        assert not [secret for secret in forms() if secret in data], path


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_no_argument_of_a_program_is_a_token(seen: Seen) -> None:
    started = [line for line in seen.calls.split("\n") if "execve(" in line]
    assert started
    for line in started:
        assert not [secret for secret in forms() if secret.decode() in line], line


ROWS = (
    Row(
        "tokens from variables, key files, .netrc, addresses and --token, looked for in arguments, files and reports",
        (len(GIVEN) + 3) * 13,
        "in none",
        "tests/security/test_secrets.py",
    ),
    Row("secrets in the log of a run", len(LOGGED) * (len(FORMS) + 1), "hidden", "tests/security/test_secrets.py"),
)
