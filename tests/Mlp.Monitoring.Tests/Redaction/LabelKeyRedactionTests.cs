using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Redaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Redaction;

public sealed class LabelKeyRedactionTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly EntityValue[] Key = ["Flash Cab of Nowhere", 8];

    private static readonly byte[] HashKey = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RecordLabelAsync_HashedKey_MeetsItsPredictionAndStandsInNoFile()
    {
        await using (var platform = Build(r => r.Hash(HashKey, "company")))
        {
            await platform.StartAsync();
            await LogAsync(platform);
            await platform.Monitoring.RecordLabelAsync(LabelOf(Key));

            var quality = Assert.Single(await platform.Monitoring.EvaluateAsync("tips"));
            Assert.Equal((1, 1), (quality.ScoredCount, quality.LabelledCount));
        }

        Assert.All(
            Directory.GetFiles(_folder.FullName, "*.mlplog", SearchOption.AllDirectories),
            path => Assert.True(File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes("Flash Cab of Nowhere")) < 0));
    }

    [Fact]
    public async Task RecordLabelAsync_LaterProcess_KnowsTheKeyFromTheLog()
    {
        await using (var first = Build(r => r.Hash(HashKey, "company")))
        {
            await first.StartAsync();
            await LogAsync(first);
        }

        await using var second = Build(r => r.Hash(HashKey, "company"));
        await second.StartAsync();
        await second.Monitoring.RecordLabelAsync(LabelOf(Key));

        Assert.Equal(1, Assert.Single(await second.Monitoring.EvaluateAsync("tips")).LabelledCount);
    }

    [Fact]
    public async Task RecordLabelAsync_NoVersionKnownYet_IsRefused()
    {
        await using var platform = Build(r => r.Hash(HashKey, "company"));
        await platform.StartAsync();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => platform.Monitoring.RecordLabelAsync(LabelOf(Key)).AsTask());

        Assert.Contains("parts of the entity key of model 'tips'", error.Message, StringComparison.Ordinal);
        await platform.Monitoring.RecordLabelAsync(TestModels.Id(1), 1, Noon);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RecordLabelAsync_KeyThatIsNobodysInTheLog_IsRefused(bool isErased)
    {
        await using var platform = Build(r => _ = isErased ? r.Erase("company") : r.Bucket("area", 10));
        await platform.StartAsync();
        await LogAsync(platform);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => platform.Monitoring.RecordLabelAsync(LabelOf(Key)).AsTask());

        Assert.Contains("left out or rounded", error.Message, StringComparison.Ordinal);
        Assert.Contains("an entity key of String 'company', Int64 'area'", (await Assert.ThrowsAsync<ArgumentException>(() => platform.Monitoring.RecordLabelAsync(LabelOf([8])).AsTask())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RecordLabelAsync_OnlyAFeatureIsRedacted_IsRecordedAsItIs()
    {
        await using var platform = Build(r => r.Erase("x0"));
        await platform.StartAsync();
        await LogAsync(platform);
        await platform.Monitoring.RecordLabelAsync(LabelOf(Key));

        Assert.Equal(1, Assert.Single(await platform.Monitoring.EvaluateAsync("tips")).LabelledCount);
    }

    [Fact]
    public void Build_SettingsThatCannotBe_SaysWhich()
    {
        Assert.Contains("Redaction:tips:HashKey must be at least 16 bytes", Refusal(r => r.Hash(new byte[8], "company")), StringComparison.Ordinal);
        Assert.Contains("Redaction:tips:HashKey must be at least 16 bytes", Refusal(r => r.Hashed.Add("company")), StringComparison.Ordinal);
        Assert.Contains("says it twice of 'company'", Refusal(r => r.Erase("company").Bucket("company", 2)), StringComparison.Ordinal);
        Assert.Contains("BucketWidths:area must be a width above 0, but is -1", Refusal(r => r.Bucket("area", -1)), StringComparison.Ordinal);
    }

    private static Label LabelOf(EntityValue[] key) => Label.ForEntity("tips", key, Noon, 1, Noon);

    private static async Task LogAsync(MlPlatform platform)
    {
        var layout = TestModels.FloatLayout(1);
        var sink = platform.Services.GetRequiredService<IPredictionObserver>().Attach(TestModels.Serve(layout))!;
        Record(sink, new FeatureRows(layout, 1));
        await platform.Monitoring.FlushAsync();
    }

    private static void Record(IPredictionSink sink, FeatureRows rows) => sink.Record(new PredictionRecord
    {
        Id = TestModels.Id(1),
        EventTime = Microseconds.FromRequestTime(Noon),
        RequestTime = Microseconds.FromRequestTime(Noon),
        LatencyNanoseconds = 10,
        Outcome = PredictionOutcome.Ok,
        Keys = Key,
        Features = rows.RowOf(0),
        Scores = [0.5],
    });

    private string Refusal(Action<RedactionOptions> redact)
    {
        var platform = Assert.Throws<OptionsValidationException>(() =>
        {
            var built = Build(redact);
            _ = built.Services.GetRequiredService<IOptions<MonitoringOptions>>().Value;
        });
        return platform.Message;
    }

    private MlPlatform Build(Action<RedactionOptions> redact)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_folder.FullName).AddMonitoring(m => m.LogPredictions("tips").RedactColumns("tips", redact));
        builder.Services.AddSingleton(new ModelDeclaration("tips"));
        return builder.Build();
    }
}
