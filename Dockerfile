# The image: the server, CPython 3.11 or 3.14 and the C library it needs, and a list of all
# of it in /sbom.cdx.json. No shell, no package manager, no compiler.
#
#   docker build -t pyexec .
#   docker run --rm -p 127.0.0.1:8080:8080 pyexec
#
#   --build-arg PACKAGES=cmd/packages/data.txt    with the packages of a requirements file
#   --build-arg PYTHON=3.14    CPython 3.14 in the place of 3.11
#   --build-arg ENVIRONMENTS=cmd/packages/environments.toml    with others beside the default
#       environment, as the setting ENVIRONMENTS lists them; python may be a version there
#   --build-arg VERSION=$(git describe --always --dirty)
#   --build-arg GO_IMAGE=golang@sha256:...    the base by its digest
#   --build-arg PIP_INDEX_URL=https://...     where packages come from, if not from PyPI
#
# Where nobody can give arguments, as with gcloud run deploy --source, the first lines below
# have the values: sed -i.bak 's|^ARG PACKAGES=.*|ARG PACKAGES=cmd/packages/data.txt|' Dockerfile
#
# The same sources on the same base make the same files, time stamps included.
# The same digest takes a builder that dates its layers by SOURCE_DATE_EPOCH:
#   docker buildx build --build-arg SOURCE_DATE_EPOCH=0 --output type=image,rewrite-timestamp=true .
#   buildah build --timestamp 0 .

# A Debian, because CPython needs the GNU C library and the image gets it, and
# the root certificates, from here.
ARG GO_IMAGE=docker.io/library/golang:1.26.8-bookworm
ARG PACKAGES=
ARG PYTHON=
ARG ENVIRONMENTS=

FROM ${GO_IMAGE} AS build
WORKDIR /src
ARG GOPROXY=https://proxy.golang.org,direct
ENV GOTOOLCHAIN=local CGO_ENABLED=0
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
# nopython leaves out the copy of CPython that the server otherwise carries.
RUN go build -trimpath -buildvcs=false -tags nopython -ldflags "-s -w -X main.version=${VERSION}" -o /rootfs/server ./cmd/server
ARG PYTHON
ARG PACKAGES
ARG ENVIRONMENTS
ARG PIP_INDEX_URL=
# ENVIRONMENTS is a setting of the programs that run here, too, and means the image's.
RUN libraries= python= environments= \
 && if [ -n "${ENVIRONMENTS}" ]; then \
      environments="-environments ${ENVIRONMENTS} -proxy ${GOPROXY}" && unset ENVIRONMENTS; \
    fi \
 && if [ -n "${PYTHON}" ]; then \
      go run -trimpath -buildvcs=false ./cmd/python -series "${PYTHON}" -proxy "${GOPROXY}" -o /python \
      && export PYTHON_HOME=/python && python="-python /python"; \
    fi \
 && if [ -n "${PACKAGES}" ]; then \
      go run -trimpath -buildvcs=false ./cmd/packages -r "${PACKAGES}" -o /rootfs/jail/packages \
      && found=$(go run -trimpath -buildvcs=false ./cmd/packages -libraries -o /rootfs/jail/packages) \
      && libraries=$(echo "${found}" | while read -r path file; do echo "${path}"; done); \
    fi \
 && go run -trimpath -buildvcs=false ./cmd/rootfs ${python} ${environments} /rootfs /etc/ssl/certs/ca-certificates.crt ${libraries}

FROM scratch
COPY --from=build /rootfs/ /
ARG VERSION=
ARG PACKAGES
ARG ENVIRONMENTS
LABEL org.opencontainers.image.title="pyexec" \
      org.opencontainers.image.description="Runs Python nobody trusts, confined by the kernel" \
      org.opencontainers.image.source="https://github.com/pyexec/pyexec" \
      org.opencontainers.image.version="${VERSION}"
# XDG_CACHE_HOME: where a run's files are if its /tmp can't be a mount of its own.
ENV PYTHON_HOME=/jail/python PYTHON_PACKAGES=${PACKAGES:+/jail/packages} \
    ENVIRONMENTS=${ENVIRONMENTS:+/environments.toml} XDG_CACHE_HOME=/tmp
EXPOSE 8080
STOPSIGNAL SIGTERM
# Root, so that each run gets a uid of its own, which is not root's. Any other
# uid works, too: docker run --user.
USER 0:0
ENTRYPOINT ["/server"]
