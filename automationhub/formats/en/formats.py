"""As automationhub/lib/shown_times.py shows them: Sat, Dec 5, 2026 and Dec 5, 2026, 4:54 PM."""

DATE_FORMAT = "D, M j, Y"
SHORT_DATE_FORMAT = "M j, Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "M j, Y, g:i A"
TIME_FORMAT = "g:i A"
