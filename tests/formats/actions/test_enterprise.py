"""Signs of GitHub Enterprise Server."""

import pytest

from cifix.formats.actions.enterprise import sign, signs
from cifix.model.snapshot import Snapshot


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("GH_HOST: git.acme.example", "GH_HOST"),
        ('run: gh auth login --hostname "$GHE_HOST"', "GHE_HOST"),
        ("env: {GH_ENTERPRISE_TOKEN: x}", "GH_ENTERPRISE_TOKEN"),
        ("github-server-url: ${{ vars.HOST }}", "github-server-url"),
        ("GH_HOST: github.com\nGH_HOST: git.acme.example", "GH_HOST"),
        ("GH_HOST: github.company.example", "GH_HOST"),
    ],
)
def test_words_that_only_an_enterprise_server_has_a_use_for(text: str, word: str) -> None:
    assert sign(text) == word


@pytest.mark.parametrize(
    "text",
    [
        "GH_HOST: github.com",
        "GH_HOST: 'https://acme.ghe.com'",
        "export GH_HOST=github.com",
        "github-server-url: ${{ github.server_url }}",
        "  # GHE_HOST: git.acme.example",
        "MY_GH_HOST: x",
        "GITHUB_SERVER_URL: x",
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert sign(text) is None


def test_only_workflows_and_actions_are_asked_and_files_that_cannot_be_read_are_not() -> None:
    tree = {
        "a.txt": b"GH_HOST: x",
        ".github/workflows/a.yml": b"GH_HOST: x",
        ".github/workflows/b.yml": b"\xff\xfeGH_HOST: \xff",
        "x/action.yml": b"GH_HOST: github.com",
    }
    assert list(signs(Snapshot.of(tree))) == [(".github/workflows/a.yml", "GH_HOST")]
