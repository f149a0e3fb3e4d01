# An image with cifix, git and ssh, for whoever builds it from a checkout: docker build --tag cifix .
# The base is named by its tag; write its digest behind it (`@sha256:...`) once you have pulled and checked one.
FROM python:3.13-slim-trixie AS build
COPY pyproject.toml README.md LICENSE /source/
COPY src /source/src
RUN python -m venv /opt/cifix && /opt/cifix/bin/pip install --no-cache-dir "/source[github,gitlab]"

FROM python:3.13-slim-trixie
RUN apt-get update && apt-get install --yes --no-install-recommends git openssh-client && rm -r /var/lib/apt/lists/*
COPY --from=build /opt/cifix /opt/cifix
RUN useradd --create-home --uid 1000 cifix
USER cifix
ENV PATH=/opt/cifix/bin:$PATH
WORKDIR /work
ENTRYPOINT ["cifix"]
