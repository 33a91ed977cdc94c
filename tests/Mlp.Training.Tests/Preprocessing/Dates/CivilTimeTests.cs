using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Dates;

namespace Mlp.Training.Tests.Preprocessing.Dates;

public sealed class CivilTimeTests
{
    private static readonly DateTime[] Corners =
    [
        DateTime.UnixEpoch, DateTime.MinValue, DateTime.MaxValue, new(1969, 12, 31, 23, 59, 59), new(2000, 2, 29), new(1900, 2, 28, 23, 59, 59), new(1900, 3, 1), new(2024, 2, 29, 12, 30, 0),
        new(2024, 12, 31), new(2023, 12, 31), new(2023, 1, 1),
    ];

    [Property(MaxTest = 500)]
    public Property Split_AnyInstant_IsWhatDateTimeSays()
        => Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var instant = new DateTime(new Random(seed).NextInt64(DateTime.MaxValue.Ticks), DateTimeKind.Utc);
            AssertSplit(instant);
            return true;
        });

    [Fact]
    public void Split_Corners_AreWhatDateTimeSays() => Assert.All(Corners, AssertSplit);

    [Fact]
    public void Encode_DateParts_OfAnOffsetFromUtc()
    {
        // 2024-02-29T23:30Z is 2024-03-01T01:30, a Friday, two hours east.
        var instant = Microseconds(new DateTime(2024, 2, 29, 23, 30, 0));
        var options = new PreprocessingOptions();
        options.For("at").TakeDateParts(DateParts.Year | DateParts.Month | DateParts.Day | DateParts.Weekday | DateParts.DayOfYear | DateParts.Hour | DateParts.Minute | DateParts.Weekend).Standardise = false;
        options.For("at").UtcOffset = TimeSpan.FromHours(2);
        var rows = new Rows().Int64("at", instant, null);
        var encoding = RecipeRows.Learn(rows, options);

        Assert.Equal(["at.year", "at.month", "at.day", "at.weekday", "at.day_of_year", "at.hour", "at.minute", "at.weekend", "at is missing"], encoding.OutputNames);
        Assert.Equal([[2024f, 3f, 1f, 4f, 61f, 1f, 30f, 0f, 0f], [0f, 0f, 0f, 0f, 0f, 0f, 0f, 0f, 1f]], RecipeRows.Encode(encoding, rows));
    }

    [Fact]
    public void Encode_CyclicParts_AreSineAndCosineOfTheAngle()
    {
        var options = new PreprocessingOptions();
        (options.For("at").TakeDateParts(DateParts.None, DateParts.Hour | DateParts.Month).TimestampUnit, _) = (TimestampUnit.Seconds, 0);
        var rows = new Rows().Int64("at", new DateTimeOffset(2023, 4, 5, 6, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds());
        var encoding = RecipeRows.Learn(rows, options);

        // April is a quarter of the year after January, six a quarter of the day.
        Assert.Equal(["at.month.sin", "at.month.cos", "at.hour.sin", "at.hour.cos"], encoding.OutputNames);
        Assert.Equal([1, 0, 1, 0], RecipeRows.Encode(encoding, rows)[0].Select(x => MathF.Round(x, 6)));
    }

    [Fact]
    public void Encode_ByDefault_StandardisesByTrainingRows()
    {
        var options = new PreprocessingOptions();
        options.For("at").TakeDateParts(DateParts.Year);
        var rows = new Rows().Int64("at", Microseconds(new(2020, 1, 1)), Microseconds(new(2022, 1, 1)), Microseconds(new(2030, 1, 1)));

        Assert.Equal([[-1f], [1f], [9f]], RecipeRows.Encode(RecipeRows.Learn(rows, options, trainingRows: 2), rows));
    }

    private static long Microseconds(DateTime instant) => (instant.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static void AssertSplit(DateTime instant)
    {
        Span<long> parts = stackalloc long[CalendarPart.All.Count];
        CivilTime.Split(Microseconds(instant), 1_000_000, 0, parts);

        Assert.Equal(
            [
                instant.Year, instant.Month, instant.Day, ((int)instant.DayOfWeek + 6) % 7, instant.DayOfYear, instant.Hour, instant.Minute,
                instant.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1 : 0,
            ],
            parts.ToArray());
    }
}
