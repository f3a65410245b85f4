#!/usr/bin/env python3
"""Prints tests/unit/zone_cases.h: changes of offset, worked out by Python's own zoneinfo.

Each row is a zone, the moment of the change, the offsets around it, and a time on the wall in the
middle of the missing or doubled stretch with the moment that it means: of a missing one the change,
of a doubled one the first."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

CASES = """
Europe/Berlin 2024-03-31      Europe/Berlin 2024-10-27      Europe/Berlin 1980-04-06
Europe/Berlin 2090-03-26      Europe/Berlin 2090-10-29      Europe/London 2023-03-26
Europe/London 2023-10-29      Europe/London 1968-02-18      Europe/Dublin 2022-03-27
Europe/Dublin 2022-10-30      Europe/Dublin 2089-10-30      Europe/Lisbon 1993-03-28    
Europe/Lisbon 1992-03-29    Europe/Moscow 2011-03-27      Europe/Moscow 2014-10-26
Europe/Istanbul 2016-03-27    Europe/Chisinau 2020-03-29    Europe/Volgograd 2018-10-28
America/New_York 2007-03-11   America/New_York 2007-11-04   America/New_York 2090-03-12
America/New_York 1974-01-06   America/St_Johns 2010-03-14   America/St_Johns 2010-11-07
America/St_Johns 2015-11-01   America/Havana 2013-03-10     America/Havana 2013-11-03
America/Havana 2019-11-03     America/Santiago 2016-05-15   America/Santiago 2016-08-14
America/Santiago 2020-09-06   America/Sao_Paulo 2018-11-04  America/Sao_Paulo 2018-02-18
America/Caracas 2007-12-09    America/Caracas 2016-05-01    America/Asuncion 2017-10-01
America/Scoresbysund 2019-03-31 America/Godthab 2018-03-24
Asia/Beirut 2019-03-31        Asia/Beirut 2019-10-27        Asia/Kathmandu 1986-01-01
Asia/Tehran 2017-03-22        Asia/Tehran 2017-09-22        Asia/Pyongyang 2015-08-15
Asia/Pyongyang 2018-05-05     Asia/Gaza 2016-03-26          Asia/Amman 2014-10-31
Asia/Kolkata 1945-10-15       Asia/Jerusalem 2019-03-29     Asia/Jerusalem 2088-03-26
Africa/Cairo 2014-05-16       Africa/Cairo 2014-09-26       Africa/Cairo 2010-08-11
Africa/Casablanca 2018-06-17  Africa/Monrovia 1972-01-07    Africa/Juba 2021-02-01
Australia/Lord_Howe 2019-04-07 Australia/Lord_Howe 2019-10-06 Australia/Lord_Howe 2090-10-01
Australia/Adelaide 2018-10-07 Australia/Eucla 2009-03-29    Australia/Sydney 2008-04-06
Pacific/Apia 2011-12-30       Pacific/Apia 2012-04-01       Pacific/Kwajalein 1993-08-21
Pacific/Chatham 2019-04-07    Pacific/Chatham 2019-09-29    Pacific/Norfolk 2015-10-04
Antarctica/Troll 2019-03-31   Antarctica/Troll 2019-10-27   Antarctica/Casey 2018-03-11
Atlantic/Azores 2021-03-28    Atlantic/Azores 2021-10-31
"""

EPOCH = datetime(1970, 1, 1)
UTC = timezone.utc


def offset(zone, second):
    at = EPOCH.replace(tzinfo=UTC) + timedelta(seconds=second)
    return int(at.astimezone(zone).utcoffset().total_seconds())


def find_change(zone, low, high):
    """The only change between two moments, in seconds."""
    before = offset(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def show(name, day):
    zone = ZoneInfo(name)
    noon = int((datetime.fromisoformat(day) - EPOCH).total_seconds()) + 43200
    change = find_change(zone, noon - 2 * 86400, noon + 2 * 86400)
    before, after = offset(zone, change - 1), offset(zone, change)
    assert before != after, (name, day)
    middle = change + (before + after) // 2
    wall = EPOCH + timedelta(seconds=middle)
    meant = int(wall.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp())
    if after > before:  # a missing one: no moment shows it
        again = (EPOCH.replace(tzinfo=UTC) + timedelta(seconds=meant)).astimezone(zone)
        assert again.replace(tzinfo=None) != wall, (name, day)
        meant = change
    print(f'    {{"{name}", {change}, {before}, {after}, {middle}, {meant}}}, /* {wall} */')


print("/* Written by tests/support/zone_cases.py. */")
print("static const struct zone_case zone_cases[] = {")
words = CASES.split()
for pair in zip(words[::2], words[1::2]):
    show(*pair)
print("};")
