# mattekit for the CPU, with all that its daily commands need:
#   docker build -t mattekit . && docker run --rm mattekit make evaluate
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --shell /bin/bash matting && mkdir /mattekit && chown matting /mattekit

USER matting
WORKDIR /mattekit
COPY --chown=matting . .
# CPU wheels of torch: without this index pip takes those with CUDA, several gigabytes.
ENV PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1
RUN make install
ENV PATH=/mattekit/.venv/bin:/usr/local/bin:/usr/bin:/bin

CMD ["mattekit", "doctor"]
