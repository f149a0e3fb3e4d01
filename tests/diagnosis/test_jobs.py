import pytest

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.jobs import named, sites
from cifix.model.snapshot import Snapshot
from tests.diagnosis.held import log, only, told

CI = """on: push
jobs:
  test:
    strategy:
      matrix: {python: ['3.12', '3.13']}
    runs-on: ubuntu-latest
    steps: []
  lint:
    name: Lint / style
    runs-on: ubuntu-latest
    steps: []
  docs:
    name: Docs on ${{ matrix.os }} (py${{ matrix.python }})
    runs-on: ubuntu-latest
    steps: []
  call:
    name: Release
    uses: ./.github/workflows/build.yml
"""
BUILD = "on: workflow_call\njobs:\n  wheel:\n    runs-on: ubuntu-latest\n    steps: []\n"
SITES = tuple(
    sites(
        Snapshot.of(
            {
                ".github/workflows/ci.yml": CI.encode(),
                ".github/workflows/build.yml": BUILD.encode(),
                ".github/workflows/broken.yml": b"a: [",
            }
        )
    )
)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("test", ["test"]),
        ("test (3.12)", ["test"]),
        ("test (ubuntu-latest, 3.12)", ["test"]),
        ("tests", []),
        ("Lint / style", ["lint"]),
        ("Lint  style", ["lint"]),
        ("lint", []),
        ("Docs on macos-15 (py3.13)", ["docs"]),
        ("Release / wheel", ["call", "wheel"]),
        ("Release  wheel (3.13)", ["call", "wheel"]),
        ("wheel", ["wheel"]),
        ("", []),
    ],
)
def test_a_job_is_known_by_the_name_that_the_page_of_the_run_shows(name: str, ids: list[str]) -> None:
    assert [site.job.id for site in named(SITES, name)] == ids


DEAD = "##[error]This request has been automatically failed because it uses a deprecated version of "
LINE = f"{DEAD}`actions/upload-artifact: v3`."
UPLOAD = "      - uses: actions/upload-artifact@v3\n        with: {name: a, path: a}\n"


def workflow(*jobs: tuple[str, str]) -> str:
    return "on: push\njobs:\n" + "".join(
        f"  {name}:\n    runs-on: ubuntu-latest\n    steps:\n{steps}" for name, steps in jobs
    )


OTHER = "      - run: make\n"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({"a": workflow(("scan", UPLOAD))}, Verdict.CONFIRMED),
        ({"a": workflow(("scan", OTHER), ("docs", UPLOAD))}, Verdict.UNCONFIRMED),
        ({"a": workflow(("scan", OTHER)), "b": workflow(("docs", UPLOAD))}, Verdict.UNCONFIRMED),
        ({"a": workflow(("other", UPLOAD))}, Verdict.CONFIRMED),
        ({"a": workflow(("scan", OTHER)), "b": workflow(("scan", UPLOAD))}, Verdict.CONFIRMED),
    ],
    ids=["in the job", "in another job", "in another workflow", "no job of the name", "in one of two of the name"],
)
def test_a_finding_confirms_what_a_job_says_if_the_job_meets_it(files: dict[str, str], verdict: Verdict) -> None:
    held = {f".github/workflows/{name}.yml": text for name, text in files.items()}
    assert only(told(held, log(LINE, job="scan (3.13)"))).verdict is verdict


def test_what_two_jobs_upload_under_one_name_is_found_whichever_failed() -> None:
    twice = UPLOAD.replace("v3", "v4")
    held = {".github/workflows/a.yml": workflow(("one", twice), ("two", twice))}
    taken = (
        "##[error]Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists on the workflow"
    )
    assert {cause.verdict for cause in told(held, log(taken, job="two")).causes} <= {
        Verdict.LIKELY,
        Verdict.UNCONFIRMED,
    }
