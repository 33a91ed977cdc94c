using Apache.Arrow;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.OnDemand;

/// <summary>Numbers of a training set's rows that the request record of an on-demand view cannot hold.</summary>
public sealed class RequestRangeTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private readonly FeatureStore _store;

    public RequestRangeTests()
        => _store = FeatureStore.Open(_directory.Combine("data"), new FeaturesBuilder()
            .AddOnDemand<Request, Computed>(r => new Computed((r.Hour * 2L) + (r.Level ?? 0)))
            .AddService("s", 1, s => s.From<Computed>())
            .Build());

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(int.MaxValue, 255)]
    [InlineData(int.MinValue, 0)]
    [InlineData(0, null)]
    public async Task CreateTrainingSetAsync_NumbersThatJustFit_AreComputedWith(long hour, int? level)
    {
        using var set = await _store.CreateTrainingSetAsync("s", [new { At = Noon, Hour = hour, Level = (long?)level }], "at");

        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([(hour * 2) + (level ?? 0)], ((Int64Array)batch.Column("twice")).Values.ToArray());
        }
    }

    [Theory]
    [InlineData(int.MaxValue + 1L, 0, "hour", "numbers from -2147483648 to 2147483647 in column 'hour' of the rows for 'Request.Hour' (Int32)")]
    [InlineData(int.MinValue - 1L, 0, "hour", "numbers from -2147483648 to 2147483647 in column 'hour' of the rows for 'Request.Hour' (Int32)")]
    [InlineData(1, 256, "level", "numbers from 0 to 255 in column 'level' of the rows for 'Request.Level' (Byte)")]
    [InlineData(1, -1, "level", "numbers from 0 to 255 in column 'level' of the rows for 'Request.Level' (Byte)")]
    public async Task CreateTrainingSetAsync_NumberBeyond_NamesColumnPropertyAndRow(long hour, long level, string column, string expected)
    {
        var rows = new[] { new { At = Noon, Hour = 1L, Level = (long?)1 }, new { At = Noon, Hour = hour, Level = (long?)level } };
        var error = await Assert.ThrowsAsync<SpineException>(() => _store.CreateTrainingSetAsync("s", rows, "at"));

        Assert.Equal(column, error.Column);
        Assert.Equal($"Expected {expected} of the on-demand feature view 'computed' version 1, but found one beyond in row 2.", error.Message);
    }

    public sealed record Request(int Hour, byte? Level);

    public readonly record struct Computed(long Twice);
}
