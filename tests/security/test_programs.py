"""Programs that a repository names in its configuration, its attributes and its hooks: none of them is started."""

from pathlib import Path

import pytest

from tests.security import trace
from tests.security.place import STRACE, Place, Seen
from tests.security.rows import Row

HOOKS = (
    *("applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-applypatch", "post-checkout", "post-commit"),
    *(
        "post-index-change",
        "post-merge",
        "post-receive",
        "post-rewrite",
        "post-update",
        "pre-applypatch",
        "pre-auto-gc",
    ),
    *("pre-commit", "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg", "proc-receive"),
    *("push-to-checkout", "reference-transaction", "sendemail-validate", "update"),
)
COMMANDS = (
    *("core.alternateRefsCommand", "core.askPass", "core.editor", "core.gitProxy", "core.pager", "core.sshCommand"),
    *("diff.evil.command", "diff.evil.textconv", "difftool.evil.cmd", "mergetool.evil.cmd"),
    *("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "gc.recentObjectsHook"),
    *("gpg.program", "gpg.openpgp.program", "gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultKeyCommand"),
    *("interactive.diffFilter", "pager.diff", "pager.log", "pager.ls-files", "sequence.editor", "tar.evil.command"),
    *("remote.origin.uploadpack", "remote.origin.receivepack", "remote.origin.vcs", "uploadpack.packObjectsHook"),
    *("trailer.evil.command", "trailer.evil.cmd", "browser.evil.cmd", "man.evil.cmd", "sendemail.sendmailCmd"),
)
BANGS = ("alias.rev-parse", "alias.config", "alias.evil", "credential.helper", "submodule.sub.update")
WAKING = {
    "core.hooksPath": "traps",
    "log.showSignature": "true",
    "protocol.ext.allow": "always",
    "protocol.allow": "always",
    "core.attributesFile": "attributes",
    "submodule.recurse": "true",
    "fetch.recurseSubmodules": "true",
    "diff.submodule": "diff",
    "diff.guitool": "evil",
    "core.untrackedCache": "true",
    "filter.evil.required": "true",
    "init.templateDir": "traps/template",
    "gc.auto": "1",
}
"""Settings that run nothing themselves and lead git to what does."""

PLAIN = (
    *(
        "status",
        "diff -- .gitignore",
        "diff",
        "log -1",
        "add .",
        "commit --quiet --allow-empty --message x",
        "archive --format=evil HEAD",
    ),
    *("log -1 --patch", "gc --quiet", "fetch --quiet ssh://example.invalid/x", "push --quiet origin HEAD:x"),
)
"""Commands of git that people type in a repository."""

LIVE = {
    *("core.fsmonitor", "core.sshCommand", "diff.evil.command", "diff.evil.textconv", "gpg.openpgp.program"),
    *("hook commit-msg", "hook post-commit", "hook post-index-change", "hook pre-commit", "hook prepare-commit-msg"),
    *("hook reference-transaction", "include.path", "includeIf", "tar.evil.command"),
}
"""The traps that they spring."""

PROGRAMS = {"git", "python", "true", "dash", "bash", "sh"}
"""What a run starts: git and Python, and the shell in which git starts itself at a remote that is a folder."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A repository in which every setting, hook and attribute that can name a program names a trap."""
    place = Place.make(tmp_path_factory.mktemp("programs") / "place")
    for hook in HOOKS:
        for folder in (".git/hooks", "traps", "traps/template/hooks"):
            place.script(place.target / folder / hook, f"hook {hook}", then="exit 0")
    _attributes(place)
    place.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    (place.target / ".gitmodules").write_text(
        f'[submodule "sub"]\n\tpath = sub\n\turl = ext::sh -c {place.trap("submodule url")!r}\n'
        '[submodule "--upload-pack=x"]\n\tpath = other\n\turl = --upload-pack=touch\n'
    )
    (place.target / "sub").mkdir()
    (place.target / "new.css").touch()
    place.commit(".gitmodules")
    _signed(place)
    place.snapped()
    commands = {key: place.script(place.target / "traps" / key, key) for key in COMMANDS}
    bangs = {key: f"!{place.trap(key)}" for key in BANGS}
    for name, key in (("include.path", "filter.included.clean"), ("includeIf", "diff.external")):
        place.git("config", "--file", f".git/{name}", key, place.trap(name))
    place.set({**WAKING, "core.fsmonitor": place.script(place.target / "traps/monitor", "core.fsmonitor")})
    place.set({**commands, **bangs, "include.path": "include.path"})
    place.set({f"includeIf.gitdir:{place.folder}/.path": "includeIf"})
    place.set({f"url.ext::sh -c '{place.trap('url.insteadOf')}' #.insteadOf": str(place.remote)})
    return place


def _attributes(place: Place) -> None:
    """Some files go through a filter; all have a driver that compares and one that merges them."""
    lines = "* merge=evil\n*.py diff=evil\n*.yml diff=evil\n*.html filter=evil\n*.css filter=included\n"
    (place.target / "attributes").write_text(lines)
    (place.target / ".git" / "info").mkdir(exist_ok=True)
    (place.target / ".git" / "info" / "attributes").write_text(lines)
    (place.target / ".gitattributes").write_text(lines)
    place.commit(".gitattributes")


def _signed(place: Place) -> None:
    """The newest commit bears a signature that git is asked to show."""
    tree = place.git("rev-parse", "HEAD^{tree}").decode().strip()
    parent = place.git("rev-parse", "HEAD").decode().strip()
    who = "Ada <ada@example.org> 1700000000 +0000"
    seal = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
    text = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n{seal}\n\nThis reverts commit {parent}.\n"
    made = place.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=text.encode()).decode().strip()
    place.git("update-ref", "HEAD", made)


@pytest.fixture(scope="module")
def seen(place: Place) -> Seen:
    return place.run()


def test_no_program_that_the_repository_names_is_started(seen: Seen) -> None:
    assert seen.snapped == frozenset()


def test_traps_snap_under_plain_git(place: Place, seen: Seen) -> None:
    """Otherwise the other test would prove nothing."""
    del seen
    for command in PLAIN:
        place.git(*command.split(), check=False)
    assert place.snapped() >= LIVE


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_nothing_but_git_and_python_runs_and_no_file_elsewhere_is_touched(place: Place, seen: Seen) -> None:
    assert {Path(path).name.rstrip("0123456789.") for path in trace.programs(seen.calls)} <= PROGRAMS
    assert trace.strangers(place, seen.calls) == (set(), set())


def test_commands_do_their_work_all_the_same(seen: Seen) -> None:
    codes = {name.split(" -")[0]: answer.code for name, answer in seen.answers.items()}
    assert (codes["check"], codes["apply"], codes["verify"], codes["fleet apply"]) == (1, 3, 0, 3)
    assert all(b"Traceback" not in answer.out + answer.err for answer in seen.answers.values())


_TRAPS = len(HOOKS) + len(COMMANDS) + len(BANGS) + 5
ROWS = (
    Row(
        "hooks, and the commands of configuration and attributes: monitors, filters, drivers, pagers, signers, helpers",
        _TRAPS * len(Place(Path()).commands),
        "none is started; git, Python and a shell for git's own transport run, and no other program",
        "tests/security/test_programs.py",
    ),
)
