"""The section of a pull request tells all that the text report does, and nothing of the branch can act in it."""

from cifix.proof.markdown import document
from cifix.proof.result import Difference, Proof, Ran, Timing, Verdict, Verification


def told(*proofs: Proof, ran: tuple[str, ...] = ("--job",)) -> str:
    timing = Timing("shop", 2.0, 1.0, (), ())
    return document(Verification("fixes", None, "1" * 40, proofs, (timing,), ran, "Python 3.12"))


def test_what_ran_how_it_ended_and_what_was_not_checked() -> None:
    ran = (Ran("make", 0, 1.23), Ran("pytest `x`", 1, 2.0, ("```", "FAILED")), Ran("sleep", None, 9.0))
    text = told(
        Proof("job", Verdict.DIFFERENT, "job test passes", (), ("left out: x",), ran),
        Proof("act", Verdict.UNKNOWN, "no time"),
    )
    assert text.startswith("## How verified\n\n`fixes` at `111111111111` against nothing. 0 proven, 1 not true, 1 not")
    assert "Ran code and commands of the repository (--job) with Python 3.12." in text
    assert "- job: **not true**: job test passes\n  - `make`: exit code 0, 1.2 s\n" in text
    assert "    ````text\n    ```\n    FAILED\n    ````\n" in text
    assert "  - `sleep`: stopped, 9.0 s\n  - note: left out: x\n- act: not checked: no time\n" in text
    assert text.endswith("- import of `shop`: 2.0 ms before, 1.0 ms after\n")


def test_differences_are_cut_and_nothing_in_them_acts() -> None:
    many = tuple(Difference(f"import a{number}", "works", "@everyone <b>") for number in range(12))
    text = told(Proof("imports", Verdict.DIFFERENT, "a gives the same", many), ran=())
    assert "  - `import a9`: works; on the branch: &#8203;" not in text
    assert "  - `import a9`: works; on the branch: @&#8203;everyone &#60;b&#62;\n  - and 2 more\n" in text
    assert "no code of the repository ran" in text
