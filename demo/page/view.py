"""The page itself, drawn with NiceGUI: what is put in on the left, what comes out on the right."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path

from nicegui import events, ui

from configs.errors import DataError, MattekitError
from demo.composing.targets import GREEN, LARGEST_BLUR
from demo.media.pictures import is_picture
from demo.page.markup import figures, links, listed, split
from demo.page.office import Office, line_of, named
from demo.page.routes import plain_name
from demo.page.store import Visitor
from demo.page.views import VIEWS
from demo.page.work import AMPLIFIED, Comparison, Made, Order, check_picture, check_source
from demo.pipeline.plates import ALIGN, align_named

TARGETS = ("transparent", "colour", "blur", "picture")
_PRIMARY = "#1f5fbf"
_ROLES = {
    "source": "Picture or video",
    "plate": "Plate: the scene without the person",
    "target": "Picture to put the person on",
}


class Page:
    """One visitor's page.

    Args:
        office: what is behind it.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._visitor: Visitor | None = None
        self._files: dict[str, Path] = {}
        self._chosen: dict[str, ui.label] = {}
        self._uploads: list[ui.upload] = []
        self._doing: list[ui.label] = []
        self._frames = 0
        self._job: Future[Made] | None = None
        self._made: Made | None = None
        self._compared: Comparison | None = None
        self._takes_plate = any(choice.takes_plate for choice in office.models.choices.values())
        ui.colors(primary=_PRIMARY)
        with ui.element("div").classes("mk-page"):
            with ui.element("header").classes("mk-head"):
                ui.html(
                    "<h1>mattekit</h1><p>Cut a person out of a picture or a video. Nothing leaves this machine.</p>"
                )
            with ui.element("div").classes("mk-column"):
                self._inputs()
                self._settings()
            with ui.element("div").classes("mk-column"):
                self._outputs()
                self._comparing()

    def close(self) -> None:
        """Give the visitor's files up."""
        if self._visitor is not None:
            self._office.store.close(self._visitor)
            self._visitor = None

    def _inputs(self) -> None:
        with _card("Input"):
            self._upload("source")
            if self._takes_plate:
                self._upload("plate")
            self._input_error = _error("input-error")

    def _settings(self) -> None:
        names = list(self._office.models.choices)
        with _card("Settings"):
            self._variant = ui.select(names, value=names[0], label="Variant").mark("variant")
            self._target = ui.select(list(TARGETS), value=TARGETS[0], label="Put the person on (--target-bgr)")
            with ui.element("div").bind_visibility_from(self._target, "value", value="colour"):
                self._colour = ui.input("Colour, #RRGGBB", value=GREEN)
            with ui.element("div").bind_visibility_from(self._target, "value", value="blur"):
                self._blur = ui.number("Blur, pixels", value=25, min=1, max=LARGEST_BLUR, precision=0)
            with ui.element("div").bind_visibility_from(self._target, "value", value="picture"):
                self._upload("target")
            with ui.element("div") as plated:
                self._align = ui.select(list(ALIGN), value="auto", label="Align the plate (--align)")
                self._match = ui.switch("Even the plate's colours (--match-plate)")
            plated.set_visibility(self._takes_plate)
            self._view = ui.select(list(VIEWS), value=VIEWS[0], label="View", on_change=self._show)
            ui.html('<p class="mk-soft">Of a video the view is what is written.</p>')
            self._go = ui.button("Matte", on_click=self._matte).props('data-test="matte"')
            self._error = _error("error")

    def _outputs(self) -> None:
        with _card("Result"):
            with_plate = "Drop a picture and its plate, or a video and its plate."
            self._state = ui.label(with_plate if self._takes_plate else "Drop a picture or a video.").classes("mk-soft")
            self._state.props('data-test="state"')
            self._shown = ui.html("", sanitize=False)
            self._links = ui.html("", sanitize=False).classes("mk-links")
            self._lines = ui.html("", sanitize=False).props('data-test="findings"')
        ui.timer(0.3, self._count)

    def _comparing(self) -> None:
        names = list(self._office.models.choices)
        with _card("Variant against variant"):
            with ui.element("div").classes("mk-row"):
                self._first = ui.select(names, value=names[0], label="First")
                self._second = ui.select(names, value=names[-1], label="Second")
                amplified = {times: f"difference x {times}" for times in AMPLIFIED}
                self._times = ui.select(amplified, value=AMPLIFIED[1], label="Amplified", on_change=self._show_compared)
            self._compare = ui.button("Compare", on_click=self._run_comparison).props('data-test="compare"')
            self._compare_error = _error("compare-error")
            self._pair = ui.html("", sanitize=False).props('data-test="compared"')

    def _upload(self, role: str) -> None:
        limits = self._office.limits

        async def arrived(event: events.UploadEventArguments) -> None:
            await self._guarded(self._input_error, lambda: self._take(role, event))
            upload.reset()

        def refused(_: object) -> None:
            self._input_error.set_text(line_of(_too_large(self._office)))

        def failed(_: object) -> None:
            self._input_error.set_text(f"{_ROLES[role]}: the upload did not arrive; try again")

        upload = ui.upload(
            label=_ROLES[role],
            auto_upload=True,
            max_file_size=limits.upload,
            on_upload=arrived,
            on_rejected=refused,
        )
        upload.props(f'data-test="{role}" flat bordered').on("failed", failed, args=[])
        self._uploads.append(upload)
        with ui.element("div").classes("mk-chosen") as chosen:
            self._chosen[role] = ui.label("").props(f'data-test="{role}-name"')
            ui.button("Remove", on_click=lambda: self._drop(role), color=None).props(
                f'flat dense no-caps data-test="{role}-remove"'
            )
        chosen.bind_visibility_from(self._chosen[role], "text", backward=bool)

    async def _take(self, role: str, event: events.UploadEventArguments) -> None:
        file = event.file
        self._input_error.set_text("")
        self._drop(role)
        if self._visitor is None:
            self._visitor = self._office.store.open()
        self._office.limits.require_upload(file.name, file.size())
        path = await asyncio.to_thread(self._visitor.place, role, file.name)
        await file.save(path)
        check = check_source if role == "source" else check_picture
        await asyncio.to_thread(check, path, self._office.limits)
        self._files[role] = path
        self._chosen[role].set_text(path.name)

    def _drop(self, role: str) -> None:
        self._files.pop(role, None)
        self._chosen[role].set_text("")

    def _order(self) -> Order:
        if "source" not in self._files:
            raise DataError("there is no picture or video; drop one first")
        kind = self._target.value
        if kind == "picture" and "target" not in self._files:
            raise DataError("there is no picture to put the person on; drop one, or choose another target")
        plain = {"colour": self._colour.value or "", "blur": f"blur:{int(self._blur.value or 0)}"}
        return Order(
            source=self._files["source"],
            plate=self._files.get("plate"),
            target=str(self._files["target"]) if kind == "picture" else plain_name(plain.get(kind, kind)),
            align=align_named(self._align.value),
            match=bool(self._match.value),
            view=self._view.value,
        )

    async def _matte(self) -> None:
        await self._guarded(self._error, self._run)

    async def _run(self) -> None:
        order, visitor = self._order(), self._visitor
        assert visitor is not None
        self._frames, self._made = 0, None
        self._show()
        self._job = self._office.make(visitor, order, self._variant.value, self._report)
        self._count()
        self._made = await asyncio.wrap_future(self._job)
        self._state.set_text(self._made.times)
        self._show()

    async def _run_comparison(self) -> None:
        await self._guarded(self._compare_error, self._compare_now)

    async def _compare_now(self) -> None:
        order, visitor = self._order(), self._visitor
        assert visitor is not None
        self._compared = None
        self._show_compared()
        variants = (self._first.value, self._second.value)
        self._compared = await asyncio.wrap_future(self._office.compare(visitor, order, variants))
        self._show_compared()

    async def _guarded(self, place: ui.label, work: Callable[[], Awaitable[None]]) -> None:
        """Do something whose error is said in a place; meanwhile no job can be begun, and a job's files stay."""
        place.set_text("")
        self._doing.append(place)
        self._enable()
        try:
            await work()
        except Exception as error:
            place.set_text(line_of(error, self._visitor))
            if place is self._error:
                self._state.set_text("")
        finally:
            self._doing.remove(place)
            self._enable()

    def _enable(self) -> None:
        for button in (self._go, self._compare):
            button.set_enabled(not self._doing)
        for upload in self._uploads:
            # Two files may come at once; none comes while a job reads those that are there.
            upload.set_enabled(all(place is self._input_error for place in self._doing))

    def _report(self, frames: int) -> None:
        self._frames = frames  # in the worker's thread: the timer shows it

    def _count(self) -> None:
        if self._job is None or self._job.done():
            return
        frames = f": {self._frames} frames" if self._frames else " ..."
        self._state.set_text(f"At work{frames}" if self._job.running() else "Waiting for its turn ...")

    def _show(self) -> None:
        made, visitor = self._made, self._visitor
        if made is None or visitor is None:
            for element in (self._shown, self._links, self._lines):
                element.set_content("")
            return
        view = self._view.value if self._view.value in made.views else next(iter(made.views))
        after = visitor.address(made.views[view])
        before = None if made.before is None else visitor.address(made.before)
        self._shown.set_content(split(before, after, still=is_picture(made.views[view])))
        self._links.set_content(links({name: visitor.address(path) for name, path in made.downloads.items()}))
        self._lines.set_content(listed(named(line, visitor) for line in made.lines))

    def _show_compared(self) -> None:
        found, visitor = self._compared, self._visitor
        if found is None or visitor is None:
            self._pair.set_content("")
            return
        times = self._times.value
        captions = (
            f"{self._first.value}: {found.milliseconds[0]:.1f} ms a frame",
            f"{self._second.value}: {found.milliseconds[1]:.1f} ms a frame",
            f"difference x {times}: mean {found.mean:.2g}, largest {found.largest:.2g} of alpha 0 to 1",
        )
        pictures = (*found.mattes, found.differences[times])
        shown = [(visitor.address(path), caption) for path, caption in zip(pictures, captions, strict=True)]
        self._pair.set_content(figures(shown) + listed(named(line, visitor) for line in self._unsaid(found.lines)))

    def _unsaid(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        said = () if self._made is None else self._made.lines
        return tuple(line for line in lines if line not in said)


def _too_large(office: Office) -> MattekitError:
    try:
        office.limits.require_upload("the file")
    except MattekitError as error:
        return error
    raise AssertionError("a size of None is always refused")


def _card(title: str) -> ui.element:
    card = ui.element("section").classes("mk-card")
    with card:
        ui.html(f"<h2>{title}</h2>")
    return card


def _error(name: str) -> ui.label:
    return ui.label("").classes("mk-error").props(f'data-test="{name}" role="alert"')
