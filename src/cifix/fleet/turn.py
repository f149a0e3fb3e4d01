"""One repository's turn, a function of its job alone: look, clone, plan, prove, commit, push.

It keeps nothing: neither a clone nor a process outlives it, and it may run in any process on any machine.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from cifix.errors import GitError, UnprovenError, UsageError
from cifix.fleet.analysis import analysed
from cifix.fleet.job import PUSHING, Analysis, Job, Mode, Result, State
from cifix.forge.choose import user_of
from cifix.forge.request import WORKFLOWS
from cifix.vcs.bare import Heads, branches, clone, connected, delete, fetch_branch, fetch_copies, heads, holds
from cifix.vcs.branch import Chain, chain_of, refuse_strangers
from cifix.vcs.commit import commit
from cifix.vcs.exchange import Credential
from cifix.vcs.push import Landing, push
from cifix.vcs.repository import Repository

_FAILURES = (Landing.AUTH, Landing.OTHER)
_MIXED = "holds commits that cifix did not make, so it stays as it is"


@dataclass(slots=True)
class Watch:
    """Seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - start, 3)


@dataclass(frozen=True, slots=True)
class _Ended:
    """What became of the push; `landing` says how the remote refused it."""

    state: State
    reason: str = ""
    commits: tuple[str, ...] = ()
    landing: Landing | None = None


def turn(job: Job) -> Result:
    """Do what the job asks for; a repository that cannot be looked at gives a result that says why."""
    watch = Watch()
    try:
        with TemporaryDirectory(prefix="turn-", dir=job.scratch) as folder:
            return _turn(job, Path(folder).resolve(), watch)
    except (GitError, UsageError, UnprovenError) as why:
        return Result(State.FAILED, str(why), job.target.base, seconds=watch.seconds)
    except OSError as why:
        return Result(State.FAILED, f"the system refused: {why}", job.target.base, seconds=watch.seconds)


def take_away(job: Job) -> None:
    """Delete our branch at the remote, if it stands as we left it; raises `GitError` if it does not."""
    tip = job.commits[-1]
    with (
        TemporaryDirectory(prefix="turn-", dir=job.scratch) as folder,
        connected(job.target.url, tip, Path(folder).resolve() / "close", _credential(job)) as repo,
    ):
        delete(repo, job.branch, tip)


def _turn(job: Job, folder: Path, watch: Watch) -> Result:
    url, credential = job.target.url, _credential(job)
    with watch.step("look"):
        seen = heads(url, {job.branch, *filter(None, [job.target.base])}, folder / "look", credential)
    found = _looked(job, seen, folder, credential, watch)
    return replace(found, reason="; ".join(filter(None, (found.reason, seen.warning))))


def _looked(job: Job, seen: Heads, folder: Path, credential: Credential | None, watch: Watch) -> Result:
    """What becomes of a repository that offers this."""
    url = job.target.url
    if job.mode is Mode.CLOSE:
        return _closed(job, seen, folder, credential, watch)
    if job.mode is Mode.ADOPT:
        return _adopted(job, seen, folder, credential, watch)
    base = job.target.base or seen.default
    if base is None or base not in seen.tips:
        return _baseless(job, base, folder, credential, watch)
    if base == job.branch:
        raise GitError(f"{base} is the branch to start from, so nothing is pushed to it; choose another --branch")
    tip = seen.tips.get(job.branch)
    if settled := _settled(job, base, seen.tips[base], tip):
        return Result(*settled, seconds=watch.seconds)
    with watch.step("clone"):
        repo = clone(url, base, seen.tips[base], folder / "clone", credential, history=job.history)
    with repo:
        found = _known(job, repo.oid(f"refs/heads/{base}"))
        fresh = found is None
        if found is None:
            with watch.step("analyse"):
                found = analysed(repo, base, job)
        commits: tuple[str, ...] = ()
        state, reason = _outcome(found), ""
        if found.plan in job.declined:
            state, reason = _turned_down(job, found)
        elif job.mode in PUSHING and found.drafts:
            with watch.step("push"):
                found, ended = _landed(repo, job, base, found, tip)
                fresh = fresh or bool(found.left)
                state, reason, commits = ended.state, ended.reason, ended.commits
    return Result(state, reason, base, commits, found if fresh else None, watch.seconds)


def _closed(job: Job, seen: Heads, folder: Path, credential: Credential | None, watch: Watch) -> Result:
    """Take our branch away, if it stands as we left it; where its request is to be closed first, it stays for now."""
    tip = seen.tips.get(job.branch)
    if tip is None:
        return Result(State.CLOSED, seconds=watch.seconds)
    if tip != job.tip:
        why = f"branch {job.branch} has been moved since it was pushed, so it stays; delete it by hand"
        return Result(State.HELD, why, seconds=watch.seconds)
    with watch.step("push"), connected(job.target.url, tip, folder / "close", credential) as repo:
        if _ours(repo, job, seen, tip) is None:
            return Result(State.HELD, f"branch {job.branch} {_MIXED}", seconds=watch.seconds)
        if job.requested:
            return Result(State.CLOSED, commits=job.commits, seconds=watch.seconds)
        delete(repo, job.branch, tip)
    return Result(State.CLOSED, seconds=watch.seconds)


def _adopted(job: Job, seen: Heads, folder: Path, credential: Credential | None, watch: Watch) -> Result:
    """Find out what our branch holds; nothing is written."""
    tip = seen.tips.get(job.branch)
    base = job.target.base or seen.default
    if tip is None:
        return Result(State.QUEUED, base=base, seconds=watch.seconds)
    with watch.step("clone"), connected(job.target.url, tip, folder / "adopt", credential) as repo:
        chain = _ours(repo, job, seen, tip)
    if chain is None:
        return Result(State.HELD, f"branch {job.branch} {_MIXED}", base, seconds=watch.seconds)
    commits = tuple(commit.oid for commit in chain.commits)
    plan = chain.commits[-1].trailers.get("Cifix-Plan", "")
    return Result(State.APPLIED, "", base, commits, seconds=watch.seconds, plan=plan)


def _ours(repo: Repository, job: Job, seen: Heads, tip: str) -> Chain | None:
    """The commits of our branch at the remote, if it holds no others."""
    fetch_branch(repo, job.target.url, job.branch)
    base = job.target.base or seen.default or ""
    return _chain(repo, job, tip, base, seen.tips.get(base))


def _chain(repo: Repository, job: Job, tip: str, base: str, upstream: str | None) -> Chain | None:
    """The commits of our branch, if they stand on a commit of the branch `base`, and not on one that others added."""
    chain = chain_of(repo, tip)
    if chain is None or chain.base in (None, upstream):
        return chain
    pushed = job.known.base if job.known is not None and job.pushed and tip == job.tip else None
    known = chain.base == pushed or (upstream is not None and holds(repo, job.target.url, base, chain.base or ""))
    return chain if known else None


def _baseless(job: Job, base: str | None, folder: Path, credential: Credential | None, watch: Watch) -> Result:
    with watch.step("look"):
        empty = not branches(job.target.url, folder / "branches", credential)
    if job.target.base is None and empty:
        return Result(State.CLEAN, "there is no commit yet", base, seconds=watch.seconds)
    named = f"no branch {base}" if base else "no default branch"
    raise GitError(f"{job.target.url} has {named}; name one that it has in the second column of the list")


def _settled(job: Job, base: str, oid: str, tip: str | None) -> tuple[State, str, str, tuple[str, ...]] | None:
    """The end of a turn of which nothing is left to do, since base and branch stand where they stood."""
    known = _known(job, oid)
    if known is None:
        return None
    if known.plan in job.declined:
        return *_turned_down(job, known), base, ()
    if known.drafts and job.pushed and tip is not None and tip == job.tip and job.edits != "recreate":
        return State.APPLIED, "", base, job.commits
    return None if known.drafts and job.mode in PUSHING else (_outcome(known), "", base, ())


def _known(job: Job, oid: str | None) -> Analysis | None:
    known = job.known
    if known is None or known.base != oid or known.run["crashes"] or known.left:
        return None
    if job.history and not known.history:
        return None
    return known


def _turned_down(job: Job, found: Analysis) -> tuple[State, str]:
    return State.DECLINED, f"{job.declined[found.plan]} was closed without a merge; a new plan gets a new request"


def _outcome(found: Analysis) -> State:
    if found.drafts:
        return State.PLANNED
    return State.LEFT if found.run["findings"] or found.run["crashes"] else State.CLEAN


def _landed(repo: Repository, job: Job, base: str, found: Analysis, tip: str | None) -> tuple[Analysis, _Ended]:
    """Push everything, or what needs no permission for workflow files; gives what that was, and how it went."""
    ended = _tried(repo, job, base, found, tip)
    if not (job.split and ended.landing is Landing.WORKFLOWS):
        return found, ended
    changing = {
        one.trailers["Cifix-Rule"] for one in found.drafts if any(path.startswith(WORKFLOWS) for path in one.files)
    }
    left = tuple(sorted(changing))
    rest = analysed(repo, base, job, without=left)
    if not rest.drafts:
        return found, ended
    if rest.plan in job.declined:
        return rest, _Ended(*_turned_down(job, rest))
    repo.run("update-ref", "-d", f"refs/heads/{job.branch}")
    landed = _tried(repo, job, base, rest, tip)
    return rest, replace(landed, reason=landed.reason or f"without {', '.join(left)}: {ended.reason}")


def _tried(repo: Repository, job: Job, base: str, found: Analysis, tip: str | None) -> _Ended:
    """What became of the push; where it fails, what was found is kept all the same."""
    try:
        return _pushed(repo, job, base, found, tip)
    except GitError as why:
        return _Ended(State.FAILED, str(why))


def _pushed(repo: Repository, job: Job, base: str, found: Analysis, tip: str | None) -> _Ended:
    """Commit what was planned in the clone and move the remote's branch there, if nobody else has moved it."""
    if tip is not None:
        fetch_branch(repo, job.target.url, job.branch)
        tip = repo.oid(f"refs/heads/{job.branch}")
        others = _strangers(repo, job, base, tip, found.base)
        if others and job.edits == "stop":
            return _Ended(State.HELD, others)
        if others and job.edits == "append":
            found = analysed(repo, job.branch, job, found.base, found.left)
        elif others:
            repo.run("update-ref", "-d", f"refs/heads/{job.branch}")
    made = commit(repo, found.base, job.branch, found.drafts)
    if not made.commits:
        return _Ended(State.APPLIED, commits=(found.base,)) if found.base == tip else _Ended(State.CLEAN)
    if made.commits[-1] == tip:
        return _Ended(State.APPLIED, commits=made.commits)
    pushed = push(repo, job.branch, made.commits[-1], tip)
    if pushed.landed:
        return _Ended(State.APPLIED, commits=made.commits)
    state = State.FAILED if pushed.landing in _FAILURES else State.HELD
    return _Ended(state, f"{pushed.landing}: {pushed.said}", landing=pushed.landing)


def _strangers(repo: Repository, job: Job, base: str, tip: str | None, upstream: str) -> str:
    """Why our branch is not ours to move, if it is not."""
    if tip is None or _chain(repo, job, tip, base, upstream) is not None:
        return ""
    try:
        fetch_copies(repo, job.target.url, base, upstream, tip)
        refuse_strangers(repo, job.branch, tip, upstream)
    except GitError as why:
        return str(why)
    return ""


def _credential(job: Job) -> Credential | None:
    scheme, _, rest = job.target.url.partition("://")
    host = rest.partition("/")[0]
    variable = job.tokens.get(host) or job.tokens.get(f"{scheme}://{host}")
    if variable is None or scheme not in ("http", "https"):
        return None
    token = os.environ.get(variable)
    if token:
        return Credential(f"{scheme}://{host}/", token, user_of(variable))
    if host in job.tokens:
        raise UsageError(f"the variable {variable}, which is to hold the token for {host}, is not set or empty")
    return None
