namespace Mlp.Training.Preprocessing.Dates;

/// <summary>
/// Cuts a timestamp into its parts with nothing but integer arithmetic, so that ONNX can do the same: <c>civil_from_days</c> of Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms" (2013), for every int64 that <see cref="DateTime"/> does not reach, too.
/// </summary>
internal static class CivilTime
{
    public const long SecondsPerDay = 86_400;

    /// <summary>Days from 0000-03-01 to 1970-01-01.</summary>
    public const long EpochShift = 719_468;

    /// <summary>Days from 0001-01-01 to 1970-01-01.</summary>
    public const long DaysToEpoch = 719_162;

    public const long DaysPerEra = 146_097;

    /// <summary>1970-01-01 was a Thursday.</summary>
    public const long EpochWeekday = 3;

    public const long Saturday = 5;

    /// <summary>Computes all parts.</summary>
    /// <param name="timestamp">Units since 1970-01-01T00:00Z.</param>
    /// <param name="unitsPerSecond">Units in a second.</param>
    /// <param name="offsetSeconds">What local time is ahead of UTC.</param>
    /// <param name="parts">One per <see cref="CalendarPart.All"/>.</param>
    public static void Split(long timestamp, long unitsPerSecond, long offsetSeconds, Span<long> parts)
    {
        var seconds = FloorDivide(timestamp, unitsPerSecond) + offsetSeconds;
        var days = FloorDivide(seconds, SecondsPerDay);
        var secondOfDay = seconds - (days * SecondsPerDay);
        var shifted = days + EpochShift;
        var era = FloorDivide(shifted, DaysPerEra);
        var dayOfEra = shifted - (era * DaysPerEra);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;

        // The year begins in March here, so that its last day is the leap day.
        var dayOfMarchYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var marchMonth = ((5 * dayOfMarchYear) + 2) / 153;
        var month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);
        var before = year - 1;
        var dayOfYear = days + DaysToEpoch - ((365 * before) + FloorDivide(before, 4) - FloorDivide(before, 100) + FloorDivide(before, 400)) + 1;
        var weekday = FloorModulo(days + EpochWeekday, 7);
        (parts[0], parts[1], parts[2]) = (year, month, dayOfMarchYear - (((153 * marchMonth) + 2) / 5) + 1);
        (parts[3], parts[4]) = (weekday, dayOfYear);
        (parts[5], parts[6], parts[7]) = (secondOfDay / 3600, secondOfDay % 3600 / 60, weekday >= Saturday ? 1 : 0);
    }

    private static long FloorDivide(long value, long divisor) => (value - FloorModulo(value, divisor)) / divisor;

    private static long FloorModulo(long value, long divisor)
    {
        var rest = value % divisor;
        return rest < 0 ? rest + divisor : rest;
    }
}
