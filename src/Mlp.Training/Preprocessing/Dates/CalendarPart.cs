namespace Mlp.Training.Preprocessing.Dates;

/// <summary>What there is to know of one of <see cref="DateParts"/>.</summary>
/// <param name="Part">The part.</param>
/// <param name="Name">Its name in outputs.</param>
/// <param name="Least">Its least value, for parts that come round again.</param>
/// <param name="Period">After how many values it comes round; 0 for parts that do not.</param>
internal sealed record CalendarPart(DateParts Part, string Name, int Least, int Period)
{
    /// <summary>All parts, in the order in which <see cref="CivilTime"/> computes them.</summary>
    public static IReadOnlyList<CalendarPart> All { get; } =
    [
        new(DateParts.Year, "year", 0, 0),
        new(DateParts.Month, "month", 1, 12),
        new(DateParts.Day, "day", 1, 31),
        new(DateParts.Weekday, "weekday", 0, 7),
        new(DateParts.DayOfYear, "day_of_year", 1, 366),
        new(DateParts.Hour, "hour", 0, 24),
        new(DateParts.Minute, "minute", 0, 60),
        new(DateParts.Weekend, "weekend", 0, 0),
    ];

    /// <summary>The parts that are set, in order.</summary>
    public static IEnumerable<CalendarPart> Of(DateParts parts) => All.Where(p => parts.HasFlag(p.Part));

    /// <summary>Sine and cosine of the angle 2π · (value − least) / period of each value.</summary>
    public IEnumerable<(float Sine, float Cosine)> Circle()
        => Enumerable.Range(0, Period).Select(i => Math.SinCos(Math.Tau * i / Period)).Select(p => ((float)p.Sin, (float)p.Cos));
}
