"""Prints the dates of a calendar as python3-icalendar and python3-recurring-ical-events see them.

    read.py FILE FIRST-DAY LAST-DAY
"""
import datetime
import sys

import icalendar
import recurring_ical_events


def said(value):
    """Returns a day, or a time in UTC."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M")
    return value.isoformat()


with open(sys.argv[1], "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
first, last = (datetime.date.fromisoformat(day) for day in sys.argv[2:4])
for event in recurring_ical_events.of(calendar).between(first, last):
    begins = event["DTSTART"].dt
    ends = event["DTEND"].dt if "DTEND" in event else begins
    print(event["UID"], said(begins), said(ends), event["STATUS"], " ".join(event["LOCATION"].split()), sep="\t")
