"""Clock hours (UTC) and the account's calendar months, laid over the simulated time."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from story import SECOND

HOUR = 3600 * SECOND


class Hours:
    """Hours from the one on in which the simulated time begins; the first and the last may be parts."""

    def __init__(self, start, zone, span):
        self.start = datetime.fromisoformat(start.replace("Z", "+00:00"))
        self.zone = timezone.utc if zone == "UTC" else ZoneInfo(zone)
        self.span = span
        unix = int(self.start.timestamp())
        #: Nanoseconds by which hour 0 began before the simulated time.
        self.lead = unix % 3600 * SECOND
        self.first = datetime.fromtimestamp(unix - unix % 3600, timezone.utc)
        self.count = max(-(-(span + self.lead) // HOUR), 1)
        self._months = [self._month(hour) for hour in range(self.count)]
        self._days = self._number_days()

    def of(self, at):
        """The hour that a moment is in."""
        return (at + self.lead) // HOUR

    def bounds(self, hour):
        """The part of an hour that is simulated."""
        return max(hour * HOUR - self.lead, 0), min((hour + 1) * HOUR - self.lead, self.span)

    def month(self, hour):
        """The month of an hour: its name, and the hours that it has as a whole."""
        return self._months[hour]

    def day(self, hour):
        """The place of the hour's day among those that the simulated time touches."""
        return self._days[hour]

    def split(self, begins, ends):
        """A span by hour."""
        at = begins
        while at < ends:
            hour = self.of(at)
            until = min((hour + 1) * HOUR - self.lead, ends)
            yield hour, until - at
            at = until

    def _local(self, hour):
        # Hour 0 is of the day in which the simulated time begins.
        begins = self.first + timedelta(hours=hour)
        return max(begins, self.start).astimezone(self.zone) if hour == 0 else begins.astimezone(self.zone)

    def _month(self, hour):
        local = self._local(hour)
        first = datetime(local.year, local.month, 1, tzinfo=self.zone)
        after = (local.year + local.month // 12, local.month % 12 + 1)
        until = datetime(*after, 1, tzinfo=self.zone)
        return f"{local.year:04}-{local.month:02}", int(until.timestamp() - first.timestamp()) // 3600

    def _number_days(self):
        dates = [self._local(hour).date() for hour in range(self.count)]
        numbers, number = [], 0
        for at, date in enumerate(dates):
            number += 1 if at > 0 and date != dates[at - 1] else 0
            numbers.append(number)
        return numbers
