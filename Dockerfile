# The report in a container, from the pinned packages; how to run it stands in README.md.
FROM python:3.14-slim AS packages
# On ARM libsass is compiled
RUN apt-get update && apt-get install -y --no-install-recommends make g++
WORKDIR /project
COPY requirements.lock ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN make setup

FROM python:3.14-slim
RUN apt-get update && apt-get install -y --no-install-recommends make && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home analyst
COPY --from=packages --chown=analyst:analyst /project /project
WORKDIR /project
USER analyst
CMD ["make", "report"]
