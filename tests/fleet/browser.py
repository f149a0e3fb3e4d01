"""A headless Chromium that shows one page, driven through its own chromedriver."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
PROGRAMS = ("chromium", "chromedriver")


def missing() -> str:
    """Why there is no browser, if there is none."""
    gone = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"{' and '.join(gone)} not found: install Debian's packages chromium and chromium-driver" if gone else ""


@contextmanager
def browser(profile: Path, width: int, height: int) -> Iterator[Chrome]:
    """A window of so many pixels, as on a device of that size; `profile` is an empty folder."""
    program, driver = (shutil.which(name) for name in PROGRAMS)
    options = ChromeOptions()
    options.binary_location = str(program)
    for flag in (*FLAGS, f"--user-data-dir={profile / 'data'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    environment = {**os.environ, "XDG_CACHE_HOME": str(profile / "cache")}
    chrome = Chrome(options, ChromeService(str(driver), env=environment))
    try:
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        yield chrome
    finally:
        chrome.quit()
