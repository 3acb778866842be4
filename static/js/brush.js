/* Dragging over the strip of all seasons sets the two fields of years. */
(() => {
  "use strict";
  let strip = null;
  let start = 0;
  const yearAt = ({ clientX }) => {
    const { left, width } = strip.getBoundingClientRect();
    const first = +strip.dataset.first;
    const last = +strip.dataset.last;
    const year = first + Math.floor(((clientX - left) / width) * (last - first + 1));
    return Math.max(first, Math.min(last, year));
  };
  const mark = (event) => {
    const years = [start, yearAt(event)].sort((a, b) => a - b);
    const n = strip.dataset.last - strip.dataset.first + 1;
    const pane = strip.querySelector(".window");
    pane.setAttribute("x", `${(100 * (years[0] - strip.dataset.first)) / n}%`);
    pane.setAttribute("width", `${(100 * (years[1] - years[0] + 1)) / n}%`);
    ["from", "to"].forEach((id, i) => (document.getElementById(id).value = years[i]));
  };
  document.addEventListener("pointerdown", (event) => {
    strip = event.target.closest?.("[data-brush]");
    if (!strip) return;
    event.preventDefault();
    strip.setPointerCapture(event.pointerId);
    start = yearAt(event);
    mark(event);
  });
  document.addEventListener("pointermove", (event) => strip && mark(event));
  document.addEventListener("pointerup", () => {
    if (strip) document.getElementById("history-form").requestSubmit();
    strip = null;
  });
  document.addEventListener("pointercancel", () => (strip = null));
})();
