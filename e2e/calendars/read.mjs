// Prints the dates of a calendar as ical.js sees them, with what the calendar itself says of its zones.
//
//     node read.mjs FILE FIRST-DAY LAST-DAY

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const [file, first, last] = process.argv.slice(2);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}

// said returns a day, or a time in UTC.
const said = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString().slice(0, 16));

const series = new Map();
for (const component of calendar.getAllSubcomponents("vevent")) {
  const uid = component.getFirstPropertyValue("uid");
  if (!series.has(uid)) series.set(uid, { exceptions: [] });
  if (component.hasProperty("recurrence-id")) series.get(uid).exceptions.push(component);
  else series.get(uid).main = component;
}

const end = new Date(last + "T00:00:00Z").getTime() + 60 * 86400000; // a date may be moved by weeks
for (const [uid, { main, exceptions }] of series) {
  const event = new ICAL.Event(main, { exceptions, strictExceptions: true });
  const print = (item, begins, ends) => {
    const place = item.location.trim().split(/\s+/).join(" ");
    console.log([uid, said(begins), said(ends), item.component.getFirstPropertyValue("status"), place].join("\t"));
  };
  if (!event.isRecurring()) {
    print(event, event.startDate, event.endDate);
    continue;
  }
  const dates = event.iterator();
  for (let next = dates.next(); next && next.toJSDate().getTime() < end; next = dates.next()) {
    const { item, startDate, endDate } = event.getOccurrenceDetails(next);
    if (said(endDate) >= first) print(item, startDate, endDate);
  }
}
