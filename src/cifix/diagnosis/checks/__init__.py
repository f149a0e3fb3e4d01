"""What the checkout says about a fact, beyond what rules find: one function for each fact that can be checked."""

from collections.abc import Callable, Mapping

from cifix.diagnosis.checks import environments, history, layouts, locks, modules, paths, pythons, quality, thirdparty
from cifix.diagnosis.insight import Insight, Question

CHECKS: Mapping[str, Callable[[Question], Insight | None]] = {
    "module-missing": modules.why_missing,
    "namespace-package": modules.why_no_package,
    "name-missing": modules.why_no_name,
    "shadowed-module": paths.why_shadowed,
    "module-half-imported": paths.why_half_imported,
    "flat-layout-ambiguous": layouts.why_ambiguous,
    "wheel-files-unknown": layouts.why_no_files,
    "version-undetected": history.why_no_version,
    "tags-missing": history.why_no_history,
    "history-missing": history.why_no_history,
    "python-unsupported": pythons.why_unsupported,
    "python-version-unavailable": pythons.why_not_built,
    "tool-missing": thirdparty.why_no_command,
    "command-not-found": thirdparty.why_no_command,
    "hook-executable-missing": thirdparty.why_no_command,
    "externally-managed": environments.why_external,
    "no-environment": environments.why_no_environment,
    "lock-missing": locks.why_no_lock,
    "lock-outdated": locks.why_old_lock,
    "local-action-missing": paths.why_no_action,
    "artifact-missing": paths.why_no_artifact,
    "workflow-invalid": paths.why_invalid,
    "option-unknown": thirdparty.why_no_option,
    "plugin-missing": thirdparty.why_no_plugin,
    "fixture-missing": thirdparty.why_no_fixture,
    "setting-unknown": thirdparty.why_no_setting,
    "async-plugin-missing": thirdparty.why_no_async,
    "lint-findings": quality.why_findings,
    "format-needed": quality.why_unformatted,
    "linter-configuration": quality.why_configuration,
    "untyped-import": quality.why_untyped,
    "stubs-missing": quality.why_untyped,
}
"""The check of each fact, by its name."""


def check(question: Question) -> Insight | None:
    """What the checkout says about the fact; None if it says nothing."""
    known = CHECKS.get(question.fact)
    return None if known is None else known(question)
