// All that is not in the pages themselves: each works without it, only less smoothly.
"use strict";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`sojourn_time_zone=${zone}`)) {
  const isFirst = !document.cookie.includes("sojourn_time_zone=");
  document.cookie = `sojourn_time_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (isFirst && document.querySelector("[data-times]")) location.reload();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// A menu closes when something else is chosen, and with Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement.closest("details.menu[open]") || document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy || location.href);
  button.textContent = "Copied";
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

// What is being read does not move: nothing new comes in while the list is pointed at, focused or opened.
document.addEventListener("htmx:beforeRequest", (event) => {
  const isRead = document.querySelector("#events details[open], #events:hover, #events:focus-within");
  if (event.target.matches("[data-live]") && isRead) event.preventDefault();
});

// What could not be loaded says so where it would stand; what comes again by itself tries again.
function saidThatItFailed(event) {
  const place = event.detail.target?.querySelector("[role=status]");
  if (place) place.textContent = "This could not be loaded now. Load the page again in a moment.";
}
document.addEventListener("htmx:responseError", saidThatItFailed);
document.addEventListener("htmx:sendError", saidThatItFailed);
