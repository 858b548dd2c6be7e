# The service as an image: the wheel with its bundled model, what serving needs, and nothing else.
# `make image` builds it with its labels filled in; docs/container.md tells how to run it.
ARG BASE=python:3.11-slim


# What the locks name, in environments of their own: changes of the code leave these layers alone.
FROM ${BASE} AS packages
# `traces` installs what sends traces besides.
ARG LOCK=serve
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY locks/build.txt locks/serve.txt locks/traces.txt locks/sbom.txt locks/
RUN python -m venv tools \
 && tools/bin/pip install --require-hashes --no-deps -r locks/build.txt
# Nothing is ever installed into the finished image, so its environment goes without pip.
RUN python -m venv --without-pip /opt/pressmark \
 && tools/bin/pip --python /opt/pressmark/bin/python install --require-hashes --no-deps -r "locks/${LOCK}.txt"
RUN python -m venv bill \
 && bill/bin/pip install --require-hashes --no-deps -r locks/sbom.txt


FROM packages AS product
COPY pyproject.toml README.md ./
COPY models/pressmark models/pressmark
COPY service service
RUN tools/bin/hatchling build --target wheel --directory dist \
 && tools/bin/pip --python /opt/pressmark/bin/python install --no-index --no-deps --prefix /build/own dist/*.whl
# The bill of materials is read from what is installed and not from the lock, so that it tells what the image
# holds. The project leaves its version to the build; there it is stated.
RUN cp -a own/. /opt/pressmark \
 && sed "s/^dynamic = .*/version = \"$(tools/bin/hatchling version)\"/" pyproject.toml > stated.toml \
 && bill/bin/cyclonedx-py environment --pyproject stated.toml --mc-type application \
      --output-reproducible --validate --output-file sbom.cdx.json /opt/pressmark/bin/python


FROM ${BASE}
# What changes seldom first: a new version of the service then is a layer of a few megabytes.
COPY --from=packages /opt/pressmark /opt/pressmark
COPY --from=product /build/own /opt/pressmark
COPY --from=product /build/sbom.cdx.json /usr/share/doc/pressmark/sbom.cdx.json
ENV PATH=/opt/pressmark/bin:$PATH \
    OPENBLAS_NUM_THREADS=1 \
    PRESSMARK_HOST=0.0.0.0 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# A number, since Kubernetes cannot tell whether a name is root. It owns nothing and needs no home.
USER 10001:10001
# An image whose model is broken, or cannot be read by that user, cannot be built.
RUN ["pressmark", "model", "verify"]

EXPOSE 8000
# Single words: some engines split arguments again at blanks. The port is the one that `serve` reads.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["pressmark", "health"]
CMD ["pressmark", "serve"]

# Only labels come after this, so that a new commit or date builds nothing again.
# The arguments stand before the step: podman compares what steps know, and not labels, when it takes an image that it has.
ARG VERSION
ARG REVISION
ARG CREATED
ARG SOURCE
RUN [ -z "${VERSION}" ] || [ "pressmark ${VERSION}" = "$(pressmark --version)" ]
LABEL org.opencontainers.image.title="Pressmark" \
      org.opencontainers.image.description="Marks every paragraph of an article as military, economy, ideology or industry, behind a versioned JSON API." \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
