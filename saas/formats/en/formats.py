"""English, as anywhere: 24 hours, as schedules are written, and no month that is taken for a day.

Django's English is that of the United States, "Nov. 22, 2026, 1 p.m.".
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i"
MONTH_DAY_FORMAT = "j F"
FIRST_DAY_OF_WEEK = 1
