using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Features.Skew;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Skew;

/// <summary>The skew check beside a model in service: what is served by entity keys and requests, against what a training set would have.</summary>
public sealed class SkewPlatformTests : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _temp = new();

    public SkewPlatformTests() => SkewPlatform.Rate = 1;

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CheckSkewAsync_CleanData_FindsNoDifference(bool isBatched)
    {
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => (o.SampleRate, o.MaximumRows) = (1, 100), isBatched);
        await ml.Features.PushAsync(Enumerable.Range(0, 10).Select(i => Row($"a{i}", 0, i)).ToList());
        await ml.Features.IngestAsync([Row("b", 0, 70)]);
        await ml.Features.MaterializeAsync<Account>();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(async () => await PredictAsync(ml, $"a{i}"))));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i + (10 * i) + 100 + (1000 * 0.5)), answers.Select(a => a.Score));

        await PredictAsync(ml, "b");
        await PredictAsync(ml, "nobody");
        await ml.GetModel(SkewPlatform.Model).PredictAsync(new AccountKey("b"), PredictionOptions.At(T0));

        var report = await ml.Features.CheckSkewAsync();

        // Two stored values of every call, and one that was computed for every request. Of calls at the same moment one row may be kept and the others be dropped.
        var dropped = report.DroppedRowCount;
        Assert.InRange(dropped, 0, 9);
        Assert.Equal((13 - dropped, 38 - (3 * dropped)), (report.RowCount, report.ValueCount));
        Assert.Empty(report.Counts);
        Assert.True(report.IsClean);
        Assert.Equal([new SkewOmission(SkewPlatform.Model, 1, "order_features", SkewOmissionReason.NoRequest, 1)], report.NotCompared);
        Assert.Equal(HealthStatus.Healthy, ml.CheckHealth()["skew-check"].Status);
    }

    [Fact]
    public async Task CheckSkewAsync_RowPushedOnlineOnly_IsFoundWithBothValuesAndTimes()
    {
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => o.SampleRate = 1);
        await ml.Features.PushAsync(Row("a", 0, 1));
        await ml.Features.PushAsync(Row("a", 5, 2), PushTarget.Online);
        var prediction = await PredictAsync(ml, "a");

        var report = await ml.Features.CheckSkewAsync();

        Differs(report, prediction.Id, SkewVerdict.OnlineOnly, (2, 5), (1, 0));
        Assert.True(report.IsClean);
    }

    [Fact]
    public async Task CheckSkewAsync_RowThatCameLate_IsFoundWithBothValuesAndTimes()
    {
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => o.SampleRate = 1);
        await ml.Features.PushAsync(Row("a", 0, 1));
        var prediction = await PredictAsync(ml, "a");
        await ml.Features.PushAsync(Row("a", 5, 2));

        Differs(await ml.Features.CheckSkewAsync(), prediction.Id, SkewVerdict.PushedLate, (1, 0), (2, 5));
        Assert.Equal(0, (await ml.Features.CheckSkewAsync()).RowCount);
    }

    [Fact]
    public async Task CheckSkewAsync_OnlineValueChangedBehindTheOfflineStore_IsSkewAndTurnsTheHealthDegraded()
    {
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => o.SampleRate = 1);
        await ml.Features.PushAsync(Row("a", 0, 1));
        await ml.Features.PushAsync(Row("a", 0, 9) with { KnownAt = T0.AddSeconds(1) }, PushTarget.Online);
        var prediction = await PredictAsync(ml, "a");
        Assert.Equal(9 + 90 + 100 + 500, prediction.Score);

        var report = await ml.Features.CheckSkewAsync();

        Differs(report, prediction.Id, SkewVerdict.DifferentValue, (9, 0), (1, 0));
        Assert.False(report.IsClean);
        var health = ml.CheckHealth()["skew-check"];
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.EndsWith("found values that a training set would not have: 2 different-value of 3 values in 1 row.", health.Description, StringComparison.Ordinal);

        await ml.Features.PushAsync(Row("a", 7, 3));
        await PredictAsync(ml, "a");
        Assert.True((await ml.Features.CheckSkewAsync()).IsClean);
        Assert.Equal(HealthStatus.Healthy, ml.CheckHealth()["skew-check"].Status);
    }

    [Fact]
    public async Task CheckSkewAsync_OnDemandMethodThatDependsOnASetting_IsSkew()
    {
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => o.SampleRate = 1);
        await ml.Features.PushAsync(Row("a", 0, 1));
        var prediction = await PredictAsync(ml, "a");
        SkewPlatform.Rate = 1.5f;

        var report = await ml.Features.CheckSkewAsync();

        var difference = Assert.Single(report.Differences);
        Assert.Equal((prediction.Id, "order_features", "share", SkewVerdict.NotRepeatable), (difference.Id, difference.View, difference.Feature, difference.Verdict));
        Assert.Equal((new SkewValue(FeatureStatus.Present, 0.5f, null), new SkewValue(FeatureStatus.Present, 0.75f, null)), (difference.Served, difference.Recomputed));
        Assert.Equal(HealthStatus.Degraded, ml.CheckHealth()["skew-check"].Status);
    }

    [Fact]
    public async Task Sampling_MoreCallsThanRoom_DropsCountsAndSaysSo()
    {
        var counted = new Dictionary<string, long>();
        using var listener = Listen(counted);
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => (o.SampleRate, o.MaximumRows) = (1, 10));
        await ml.Features.PushAsync(Row("a", 0, 1));
        for (var i = 0; i < 25; i++)
        {
            await PredictAsync(ml, "a");
        }

        Assert.Contains("10 rows waiting to be checked, 15 dropped since the last check", ml.CheckHealth()["skew-check"].Description, StringComparison.Ordinal);
        var report = await ml.Features.CheckSkewAsync();
        Assert.Equal((10, 15), (report.RowCount, report.DroppedRowCount));
        Assert.Equal((10, 15, 10), (counted["mlp.features.skew.sampled"], counted["mlp.features.skew.dropped"], counted["mlp.features.skew.checked"]));
    }

    [Theory]
    [InlineData(1.0, 20_000)]
    [InlineData(1.0, 10)]
    [InlineData(0.01, 5000)]
    public async Task PredictAsync_RowsAndRequestsAreKeptDroppedOrPassedOver_AllocatesNothing(double sampleRate, int maximumRows)
    {
        using var listener = Listen([]);
        await using var ml = await SkewPlatform.StartAsync(_temp.FullName, o => (o.SampleRate, o.MaximumRows) = (sampleRate, maximumRows));
        await ml.Features.PushAsync(Row("a", 0, 7));
        var model = ml.GetModel(SkewPlatform.Model);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 1500; i++)
            {
                var answer = model.PredictAsync(new AccountKey("a"), new Order(1, 2));
                if (!answer.IsCompletedSuccessfully || answer.Result.Score != 7 + 70 + 100 + 500)
                {
                    Assert.Fail("Expected the answer at once, from what is in memory.");
                }
            }
        }));
        Assert.True((await ml.Features.CheckSkewAsync()).IsClean);
    }

    private static Account Row(string id, int second, float balance) => new(id, T0.AddSeconds(second), T0.AddSeconds(second), balance, [balance, 1]);

    private static ValueTask<Prediction> PredictAsync(MlPlatform ml, string id) => ml.GetModel(SkewPlatform.Model).PredictAsync(new AccountKey(id), new Order(1, 2));

    /// <summary>Both features of the account differ, and nothing else.</summary>
    private static void Differs(SkewReport report, PredictionId id, SkewVerdict verdict, (float Balance, int Second) served, (float Balance, int Second) recomputed)
    {
        Assert.Equal([KeyValuePair.Create(verdict, 2L)], report.Counts);
        Assert.Equal(["balance", "embedding"], report.Differences.Select(d => d.Feature));
        Assert.All(report.Differences, d =>
        {
            Assert.Equal((SkewPlatform.Model, 1, id, "account", verdict), (d.Model, d.ModelVersion, d.Id, d.View, d.Verdict));
            Assert.Equal(["a"], d.Key);
            Assert.Equal((FeatureStatus.Present, T0.AddSeconds(served.Second)), (d.Served.Status, d.Served.EventTime));
            Assert.Equal((FeatureStatus.Present, T0.AddSeconds(recomputed.Second)), (d.Recomputed.Status, d.Recomputed.EventTime));
        });
        Assert.Equal(((object)served.Balance, (object)recomputed.Balance), (report.Differences[0].Served.Value, report.Differences[0].Recomputed.Value));
        Assert.Equal<float>([served.Balance, 1], (float[])report.Differences[1].Served.Value!);
        Assert.Equal<float>([recomputed.Balance, 1], (float[])report.Differences[1].Recomputed.Value!);
    }

    private static MeterListener Listen(Dictionary<string, long> counted)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name.StartsWith("Mlp.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, measurement, tags, _) =>
        {
            if (instrument.Name.StartsWith("mlp.features.skew.", StringComparison.Ordinal) && IsOfModel(tags))
            {
                lock (counted)
                {
                    counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + measurement;
                }
            }
        });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    private static bool IsOfModel(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "model" && (string?)tag.Value == SkewPlatform.Model)
            {
                return true;
            }
        }

        return false;
    }
}
