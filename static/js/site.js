/* Pages are whole without it. */
"use strict";
const root = document.documentElement;
const THEMES = ["auto", "light", "dark"];
const each = (selector, work) => document.querySelectorAll(selector).forEach(work);

const bold = (text) => {
  const b = document.createElement("b");
  b.textContent = text;
  return b;
};

// Storage may be refused.
let theme = "auto";
try {
  theme = localStorage.getItem("theme") || theme;
} catch {}
const paint = () => {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  each("[data-theme-button]", (button) => {
    button.hidden = false;
    button.textContent = `Theme: ${theme}`;
  });
};
paint();
const nextTheme = () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % 3];
  try {
    localStorage.setItem("theme", theme);
  } catch {}
  paint();
};

const SHORT = {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  timeZone: root.dataset.zone,
};
const LONG = { weekday: "short", year: "numeric", ...SHORT };
const localTime = (time) => {
  const long = time.dataset.local === "moment";
  const format = new Intl.DateTimeFormat("en-GB", long ? LONG : SHORT);
  const text = format.format(new Date(time.dateTime)).replace(/^(\w+),/, "$1");
  time.textContent = long ? `${text} your time` : text;
  time.removeAttribute("data-local");
};

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const countdown = (box) => {
  const from = new Date(root.dataset.now || Date.now());
  let left = Math.max(0, (new Date(box.dataset.countdown) - from) / 1000);
  const parts = UNITS.map(([name, size]) => {
    const n = Math.floor(left / size);
    left -= n * size;
    return [n, name + (n === 1 ? "" : "s")];
  }).filter(([n]) => n > 0);
  box.hidden = !parts.length;
  [...box.children].slice(1).forEach((cell, i) => {
    cell.hidden = !parts[i];
    if (parts[i]) cell.replaceChildren(bold(parts[i][0]), parts[i][1]);
  });
};

const tip = document.createElement("div");
tip.className = "tip";
const onPoint = ({ target }) => {
  const point = target.closest?.(".points a");
  const figure = point?.closest("figure");
  if (!figure) return tip.remove();
  const title = point.querySelector("title");
  if (title) {
    // Else shown twice.
    point.setAttribute("aria-label", title.textContent);
    title.remove();
  }
  const [first, ...rest] = point.getAttribute("aria-label").split("\n");
  tip.replaceChildren(bold(first), rest.join("\n"));
  figure.append(tip);
  const dot = point.querySelector("circle").getBoundingClientRect();
  const box = figure.getBoundingClientRect();
  const x = dot.x + dot.width / 2 - box.x - tip.offsetWidth / 2;
  const y = dot.y - box.y - tip.offsetHeight - 10;
  tip.style.left = `${Math.max(0, Math.min(x, box.width - tip.offsetWidth))}px`;
  tip.style.top = `${y < 0 ? dot.bottom - box.y + 10 : y}px`;
};

// Along the points of a chart, or up and down in what was found.
const STEPS = { ArrowLeft: -1, ArrowRight: 1 };
const FINDS = { ArrowUp: -1, ArrowDown: 1 };
const onKey = (event) => {
  const { key, target } = event;
  const finder = target.closest?.(".finder");
  if (key === "Escape") {
    tip.remove();
    if (finder) target.blur();
  }
  const area = finder || target.closest?.("[data-rove]");
  const stops = [...(area?.querySelectorAll("input, a") || [])];
  const to = stops[stops.indexOf(target) + (finder ? FINDS : STEPS)[key]];
  if (!to) return;
  if (finder) event.preventDefault();
  else [target.tabIndex, to.tabIndex] = [-1, 0];
  to.focus();
};

const arm = () => {
  paint();
  each("time[data-local]", localTime);
  each("[data-countdown]", countdown);
};
const on = (name, work) => document.addEventListener(name, work);
on("DOMContentLoaded", arm);
on("htmx:afterSettle", arm);
on("click", ({ target }) => target.closest("[data-theme-button]") && nextTheme());
on("pointerover", onPoint);
on("focusin", onPoint);
on("keydown", onKey);
addEventListener("beforeprint", () => each("details", (twin) => (twin.open = true)));
setInterval(() => each("[data-countdown]", countdown), 30000);
