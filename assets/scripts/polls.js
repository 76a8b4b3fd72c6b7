import { drag } from "./sorting.js";

// The form of a poll has one more row as soon as the last one is filled.
export function rows(part) {
  part.addEventListener("input", (event) => {
    const group = event.target.closest("[data-poll-rows]"), row = event.target.closest(".poll-row");
    if (!group || row !== group.lastElementChild || !event.target.value) return;
    const next = row.cloneNode(true);
    for (const field of next.querySelectorAll("input")) field.value = "";
    const count = group.querySelectorAll(".poll-row").length;
    for (const field of next.querySelectorAll("[aria-label]")) field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/\d+/, count + 1));
    group.append(next);
  });
}

// A ballot that puts options in order: they stand in that order, and are moved by buttons or by dragging. Numbers stay, for
// who gives two options the same or leaves one out; without this script there are only numbers.
export function rank(ballot) {
  if ("ready" in ballot.dataset) return;
  ballot.dataset.ready = "";
  const rows = () => [...ballot.children], status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  ballot.after(status);
  const number = (row) => row.querySelector("input[type=number]");
  const place = (row) => Number(number(row).value) || Infinity; // what has none stands last

  const ends = () => rows().forEach((row, i, all) => {
    row.querySelector("[data-up]").setAttribute("aria-disabled", i === 0);
    row.querySelector("[data-down]").setAttribute("aria-disabled", i === all.length - 1);
  });
  const sort = () => {
    ballot.append(...rows().sort((a, b) => place(a) - place(b) || 0));
    ends();
  };
  // What was moved has a place from then on, and so has all that stands above it.
  const settle = (row) => {
    const all = rows(), at = all.indexOf(row);
    const last = all.findLastIndex((other, i) => i <= at || place(other) < Infinity);
    all.forEach((other, i) => { number(other).value = i <= last ? i + 1 : ""; });
    ends();
    status.textContent = ballot.dataset.moved.replace("{name}", row.querySelector("label").textContent).replace("{n}", at + 1).replace("{all}", all.length);
  };
  for (const row of rows()) {
    row.querySelector(".poll-move").hidden = false;
    const stepper = (selector, go) => row.querySelector(selector).addEventListener("click", ({ currentTarget }) => {
      if (currentTarget.getAttribute("aria-disabled") === "true") return;
      go();
      settle(row);
      currentTarget.focus(); // it has moved with its row
    });
    stepper("[data-up]", () => ballot.insertBefore(row, row.previousElementSibling));
    stepper("[data-down]", () => ballot.insertBefore(row, row.nextElementSibling.nextElementSibling));
    drag(row, ballot, "poll-rank-held", () => settle(row));
    number(row).addEventListener("change", sort);
  }
  sort();
}
