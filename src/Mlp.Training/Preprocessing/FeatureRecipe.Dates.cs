using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Preprocessing;

/// <content>Timestamps: int64 features that count time since 1970-01-01T00:00Z.</content>
public sealed partial class FeatureRecipe
{
    private static readonly TimeSpan LargestOffset = TimeSpan.FromHours(18);

    /// <summary>Parts of the date and time that become a number each.</summary>
    /// <value>The default value is null: none.</value>
    public DateParts? DateParts { get; set; }

    /// <summary>Parts that become sine and cosine of their angle, so that the last is beside the first. Not the year and the weekend, which do not come round.</summary>
    /// <value>The default value is null: none.</value>
    public DateParts? CyclicDateParts { get; set; }

    /// <summary>What the timestamp counts.</summary>
    /// <value>The default value is null: <see cref="TimestampUnit.Microseconds"/>.</value>
    [EnumDataType(typeof(TimestampUnit))]
    public TimestampUnit? TimestampUnit { get; set; }

    /// <summary>What local time is ahead of UTC, in whole seconds, −18 to 18 hours. It is the same all the year: time zones with summer time are not known.</summary>
    /// <value>The default value is null: zero, which is UTC.</value>
    public TimeSpan? UtcOffset { get; set; }

    /// <summary>Takes parts out of a timestamp.</summary>
    /// <param name="parts">Parts that become a number each.</param>
    /// <param name="cyclicParts">Parts that become sine and cosine.</param>
    /// <returns>This recipe.</returns>
    public FeatureRecipe TakeDateParts(DateParts parts, DateParts cyclicParts = Preprocessing.DateParts.None)
    {
        (DateParts, CyclicDateParts) = (parts, cyclicParts);
        return this;
    }

    private IEnumerable<object?> DateSettings() => [DateParts, CyclicDateParts, TimestampUnit, UtcOffset];

    private void FindDateFailures(Action<string, FormattableString> fail)
    {
        const DateParts Every = (DateParts)255;
        const DateParts Round = Every & ~(Preprocessing.DateParts.Year | Preprocessing.DateParts.Weekend);
        if (HasDateRule && (DateParts ?? 0) == 0 && (CyclicDateParts ?? 0) == 0)
        {
            fail(nameof(DateParts), $"must name at least one part of a date, here or in {nameof(CyclicDateParts)}, but names none.");
        }

        if ((DateParts & ~Every) is not (null or 0))
        {
            fail(nameof(DateParts), $"must be parts of a date, but is {(int)DateParts!}.");
        }

        if ((CyclicDateParts & ~Round) is not (null or 0))
        {
            fail(nameof(CyclicDateParts), $"must be parts that come round again: {Round}; but is {CyclicDateParts}.");
        }

        if (UtcOffset is { } offset && (offset.Duration() > LargestOffset || offset.Ticks % TimeSpan.TicksPerSecond != 0))
        {
            fail(nameof(UtcOffset), $"must be whole seconds between -18:00:00 and 18:00:00, but is {offset}.");
        }
    }
}
