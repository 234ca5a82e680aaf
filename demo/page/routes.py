"""The addresses beside the page: results, and `/matte` for programs."""

import asyncio
import shutil
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from configs.errors import DataError, MattekitError, UsageError
from demo.composing.targets import plain_target
from demo.media.pictures import is_picture
from demo.page.desk import BusyError
from demo.page.guard import FILES
from demo.page.office import Office, line_of
from demo.page.store import Visitor
from demo.page.work import Order
from demo.pipeline.plates import align_named

ASSETS = Path(__file__).parent / "assets"
FIELDS = ("variant", "target", "align", "match", "view")
_UNPROCESSABLE, _BUSY, _INTERNAL = 422, 503, 500


def add_routes(app: FastAPI, office: Office) -> None:
    """Add them to an application."""

    @app.get("/results/{token}/{folder}/{name}")
    async def result(token: str, folder: str, name: str, download: str = "") -> Response:
        path = office.store.result(token, folder, name)
        if path is None:
            return PlainTextResponse("no such result; it goes with its page", 404)
        answer = FileResponse(path, filename=download or None)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @app.get("/assets/{name}")
    async def asset(name: str) -> Response:
        path = next((each for each in ASSETS.iterdir() if each.name == name), None)
        return PlainTextResponse("no such file", 404) if path is None else FileResponse(path)

    @app.post("/matte")
    async def matte(request: Request) -> Response:
        """Matte one picture: files `source`, `plate` and `target`, and the fields of `FIELDS`; a PNG, or one line."""
        visitor: Visitor | None = None
        try:
            async with request.form(max_files=FILES, max_fields=len(FIELDS)) as form:
                visitor = office.store.open()
                order, variant = await run_in_threadpool(_order, form, visitor, office)
            out = await asyncio.wrap_future(office.cut_out(visitor, order, variant))
            return Response(await run_in_threadpool(out.read_bytes), media_type="image/png")
        except HTTPException as error:  # the request itself is broken
            return PlainTextResponse(f"error: {error.detail}\n", error.status_code)
        except Exception as error:
            foreseen = isinstance(error, MattekitError | OSError)
            status = _BUSY if isinstance(error, BusyError) else _UNPROCESSABLE if foreseen else _INTERNAL
            headers = {"Retry-After": "1"} if status == _BUSY else None
            return PlainTextResponse(f"error: {line_of(error, visitor)}\n", status, headers)
        finally:
            if visitor is not None:
                await run_in_threadpool(office.store.close, visitor)


def _order(form: FormData, visitor: Visitor, office: Office) -> tuple[Order, str]:
    files: dict[str, Path] = {}
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    for role, file in form.items():
        if isinstance(file, UploadFile) and role in ("source", "plate", "target"):
            office.limits.require_upload(file.filename or role, file.size or 0)
            files[role] = visitor.place(role, file.filename or role)
            with files[role].open("wb") as stream:
                shutil.copyfileobj(file.file, stream)
    if unknown := sorted({*form} - {*files, *FIELDS} | {"source"} - {*files}):
        raise UsageError(
            f"{', '.join(unknown)}: expected the files source, plate and target, of which source must be there, and "
            f"the fields {', '.join(FIELDS)}"
        )
    if not is_picture(files["source"]):
        raise DataError(f"{files['source']}: is no picture (.png, .jpg, .webp); run `mattekit demo` for a video")
    order = Order(
        source=files["source"],
        plate=files.get("plate"),
        target=str(files["target"]) if "target" in files else plain_name(fields.get("target", "transparent")),
        align=align_named(fields.get("align", "auto")),
        match=fields.get("match", "") in ("1", "true", "on", "yes"),
        view=fields.get("view", "composite"),
    )
    return order, fields.get("variant", next(iter(office.models.choices)))


def plain_name(text: str) -> str:
    """Return the name of a target that is no file: a visitor must not name files of this machine.

    Raises:
        UsageError: it is one.
    """
    if plain_target(text) is None:
        raise UsageError(f"target {text!r}: expected #RRGGBB, blur:K or transparent, or a picture as a file")
    return text
