# One image for the application, the workers and the `haas` command. compose.yaml starts containers from it.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml ./
# requirements.lock also has development packages. The image gets only the packages for production, in the locked versions.
RUN python -m venv /tools && /tools/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
    && /tools/bin/uv pip compile --quiet --generate-hashes --no-header --constraint requirements.lock \
        --output-file runtime.lock pyproject.toml \
    && python -m venv /app && /app/bin/pip install --no-cache-dir --require-hashes -r runtime.lock
COPY . .
RUN /tools/bin/hatchling build -t wheel -d /wheel && /app/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home haas && install -d -o haas /run/haas
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1
USER haas
CMD ["uvicorn", "--factory", "apps.asgi:create", "--uds", "/run/haas/app", "--loop", "uvloop", "--http", "httptools", \
     "--no-server-header", "--no-access-log", "--no-proxy-headers", "--timeout-keep-alive", "90"]
