// Before and after: the divider follows the pointer and the range below, and the two videos keep in step.
"use strict";
const place = (split, percent) => {
  const at = Math.min(100, Math.max(0, percent));
  split.style.setProperty("--at", at + "%");
  const range = split.parentElement.querySelector(".mk-range");
  if (range) range.value = at;
};
const follow = (event) => {
  const split = event.target.closest && event.target.closest(".mk-split:not(.mk-alone)");
  if (!split || (event.type === "pointermove" && !event.buttons)) return;
  const box = split.getBoundingClientRect();
  place(split, (100 * (event.clientX - box.left)) / box.width);
};
document.addEventListener("pointerdown", follow);
document.addEventListener("pointermove", follow);
document.addEventListener("dragstart", (event) => { if (event.target.closest(".mk-split")) event.preventDefault(); });
document.addEventListener("input", (event) => {
  if (event.target.matches(".mk-range")) place(event.target.parentElement.querySelector(".mk-split"), event.target.value);
});
const before = (video) => {
  const other = video.parentElement && video.parentElement.querySelector("video.mk-before");
  return other && other !== video ? other : null;
};
for (const kind of ["play", "pause", "seeked", "timeupdate"]) {
  document.addEventListener(kind, (event) => {
    const other = event.target.matches("video") && before(event.target);
    if (!other) return;
    if (Math.abs(other.currentTime - event.target.currentTime) > 0.06) other.currentTime = event.target.currentTime;
    if (event.target.paused) other.pause(); else other.play().catch(() => {});
  }, true);
}
// A source that the browser cannot play is left out.
document.addEventListener("error", (event) => {
  if (event.target.matches && event.target.matches("video.mk-before")) {
    event.target.parentElement.classList.add("mk-alone");
    event.target.remove();
  }
}, true);
document.addEventListener("click", (event) => {
  if (!event.target.matches(".mk-play")) return;
  const video = event.target.closest(".mk-shown").querySelector("video:not(.mk-before)");
  if (video.paused) video.play(); else video.pause();
});
