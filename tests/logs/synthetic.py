"""Made-up logs of several build tools, with the lines of each that tell why it failed."""

from collections.abc import Mapping

Told = tuple[list[str], list[str]]
"""The lines of a red log, and those of them that matter."""


def _downloads(count: int, start: int = 0) -> list[str]:
    groups = ("error-prone", "failsafe", "commons", "exception-mapper", "junit", "log")
    return [
        f"Downloading from central: https://repo.example/{groups[n % 6]}/{'abcdef'[n % 6] * (n % 9)}x/car-{n}.jar"
        for n in range(start, start + count)
    ]


def maven() -> Told:
    noise = _downloads(300)
    tests = [f"[INFO] Running car.Wheel{chr(65 + n % 26)}{chr(65 + n // 26)}Test" for n in range(60)]
    failure = [
        "[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.2 s <<< FAILURE! - in car.RimTest",
        "[ERROR] turns(car.RimTest)  Time elapsed: 0.01 s  <<< FAILURE!",
        "java.lang.AssertionError: expected:<3> but was:<4>",
        "\tat org.junit.Assert.fail(Assert.java:89)",
        "\tat car.RimTest.turns(RimTest.java:14)",
    ]
    end = [
        "[ERROR] Failures: ",
        "[ERROR]   RimTest.turns:14 expected:<3> but was:<4>",
        "[ERROR] Tests run: 40, Failures: 1, Errors: 0, Skipped: 0",
        "[INFO] BUILD FAILURE",
        "[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:3.2:test on project car: no",
        "[ERROR] -> [Help 1]",
    ]
    return [*noise, *tests[:40], *failure, *tests[40:], *_downloads(40, 400), *end], [*failure, *end]


def gradle() -> Told:
    tasks = [f"> Task :{chr(97 + n % 26)}{chr(97 + n // 26)}:compileJava UP-TO-DATE" for n in range(120)]
    failure = [
        "> Task :car:compileJava FAILED",
        "/home/travis/build/car/src/main/java/car/Rim.java:12: error: cannot find symbol",
        "    wheel.spin();",
        "         ^",
        "  symbol:   method spin()",
        "  location: variable wheel of type Wheel",
        "1 error",
        "FAILURE: Build failed with an exception.",
        "* What went wrong:",
        "Execution failed for task ':car:compileJava'.",
        "> Compilation failed; see the compiler error output for details.",
    ]
    rest = ["* Try:", "Run with --stacktrace option to get the stack trace.", "BUILD FAILED in 12s"]
    return [*_downloads(200), *tasks, *failure, *rest, "after_failure.1", "$ cat report.txt"], failure


def npm() -> Told:
    warnings = [f"npm WARN deprecated {chr(97 + n % 26) * (1 + n // 26)}@1: no longer maintained" for n in range(90)]
    passed = [f"  \u2713 turns the {chr(97 + n % 26) * (1 + n // 26)} wheel" for n in range(80)]
    failure = [
        "  1) rims",
        "       turns the rim:",
        "      AssertionError: expected 3 to equal 4",
        "      + expected - actual",
        "      -3",
        "      +4",
        "      at Context.<anonymous> (test/rim.js:7:22)",
        "npm ERR! code ELIFECYCLE",
        "npm ERR! errno 1",
        "npm ERR! Test failed.  See above for more details.",
        'The command "npm test" exited with 1.',
    ]
    cache = [
        "store build cache",
        "changes detected, packing new archive",
        "uploading archive",
        "Done. Your build exited",
    ]
    return [*warnings, *passed, *failure, *cache], failure


def pytest() -> Told:
    installs = [f"Collecting {chr(97 + n % 26)}{chr(97 + n // 26)}lib" for n in range(200)]
    passed = [f"tests/test_{chr(97 + n % 26) * (1 + n // 26)}.py::test_it PASSED" for n in range(150)]
    failure = [
        "tests/test_rim.py::test_turns FAILED",
        "=================================== FAILURES ===================================",
        "__________________________________ test_turns __________________________________",
        "    def test_turns():",
        ">       assert Rim().turns() == 4",
        "E       assert 3 == 4",
        "E        +  where 3 = turns()",
        "tests/test_rim.py:7: AssertionError",
        "=========================== short test summary info ============================",
        "FAILED tests/test_rim.py::test_turns - assert 3 == 4",
        "1 failed, 150 passed in 3.21s",
    ]
    return [*installs, *passed, *failure, "Uploading coverage", "done"], failure


def compiler() -> Told:
    built = [f"[{n}/400] Building CXX object src/{chr(97 + n % 26) * (1 + n // 26)}.cc.o" for n in range(300)]
    failure = [
        "FAILED: src/rim.cc.o",
        "src/rim.cc: In member function 'int Rim::turns()':",
        "src/rim.cc:12:9: error: 'wheel' was not declared in this scope",
        "   12 |  return wheel.spin();",
        "      |         ^~~~~",
        "ninja: build stopped: subcommand failed.",
    ]
    warnings = [f"src/w{chr(97 + n % 26) * (1 + n // 26)}.cc: warning: unused variable" for n in range(60)]
    return [*built, *warnings, *failure, 'The command "ninja" exited with 1.'], failure


LOGS: Mapping[str, Told] = {
    "maven": maven(),
    "gradle": gradle(),
    "npm": npm(),
    "pytest": pytest(),
    "compiler": compiler(),
}
