// The calendar turns its pages in place. The form of an event asks for days alone where the event takes whole days, and
// hides what says nothing about how it repeats.

// An event of whole days has fields for days. Its times come back when it has some again.
export function times(part) {
  const allDay = part.querySelector("[name=all_day]");
  const fields = part.querySelectorAll("[name=time], [name=until_time]");
  const kept = new Map();
  const show = () => {
    for (const field of fields) {
      const [day, time] = field.value.split("T");
      if (time) kept.set(field, time);
      field.type = allDay.checked ? "date" : "datetime-local";
      if (day) field.value = allDay.checked ? day : `${day}T${kept.get(field) ?? "00:00"}`;
    }
  };
  allDay.addEventListener("change", show);
  if (allDay.checked) show();
}

// Of the fields that say how an event repeats only those are shown that belong to what is chosen. Above them it says in a
// sentence, while somebody is typing, what they mean.
export function repetition(part) {
  const choice = part.querySelector("[name=repeats]"), times = part.querySelector("[name=repeats_times]"), until = part.querySelector("[name=repeats_until]");
  const begins = document.querySelector("[data-event-times] [name=time]");
  const days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
  const show = () => {
    const repeats = choice.value !== "once" && choice.value !== "rule";
    for (const group of part.querySelectorAll(".event-times")) group.hidden = !repeats;
    part.querySelector("[data-weekdays]").hidden = choice.value !== "weekly";
    const own = begins?.value && days[new Date(begins.value.slice(0, 10) + "T12:00").getDay()];
    for (const day of part.querySelectorAll("[name=repeats_on]")) { // the day of the start goes without saying
      if (day.value === own) day.checked = day.disabled = true;
      else if (day.disabled) day.checked = day.disabled = false;
    }
  };
  const either = (event) => {
    if (event.target.value) (event.target === times ? until : times).value = "";
  };
  const summary = part.querySelector("[data-summary]");
  let typing, asked = 0;
  const say = async () => {
    const query = new URLSearchParams({ time: begins?.value ?? "" }), number = ++asked;
    for (const field of part.querySelectorAll("select, input:not([type=checkbox])")) query.set(field.name, field.value);
    query.set("repeats_on", [...part.querySelectorAll("[name=repeats_on]:checked")].map((day) => day.value).join(","));
    try {
      const answer = await fetch(`/stadt/events/repetition?${query}`);
      const sentence = await answer.text();
      if (answer.ok && number === asked) summary.textContent = sentence;
    } catch { /* the page says it once the event is saved */ }
  };
  const wait = () => {
    clearTimeout(typing);
    typing = setTimeout(say, 300);
  };
  for (const field of [part, begins]) {
    field?.addEventListener("input", wait);
    field?.addEventListener("change", wait);
  }
  choice.addEventListener("change", show);
  begins?.addEventListener("change", show);
  times.addEventListener("input", either);
  until.addEventListener("input", either);
  show();
}

// The arrows bring another month without loading the page. Where that does not work, they are links. Only the month that
// was asked for last is shown, in whatever order they arrive.
export function calendar(part) {
  let asked = 0;
  const turn = async (address, arrow) => {
    const mine = ++asked;
    try {
      const answer = await fetch(address);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-calendar]");
      if (mine !== asked) return false;
      if (!answer.ok || !next) throw new Error(answer.statusText);
      part.replaceChildren(...next.childNodes);
      if (arrow) part.querySelector(`.month-arrow[rel=${arrow}]`)?.focus();
      return true;
    } catch {
      if (mine === asked) location.assign(address);
      return false;
    }
  };
  let shown = location.pathname + location.search;
  part.addEventListener("click", async (event) => {
    const arrow = event.target.closest(".month-arrow");
    if (!arrow || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!await turn(arrow.href, arrow.rel)) return;
    history.pushState(null, "", arrow.href);
    shown = location.pathname + location.search;
  });
  addEventListener("popstate", () => { // a link within the page is no other month
    if (shown !== location.pathname + location.search) turn(location.href);
    shown = location.pathname + location.search;
  });
}
