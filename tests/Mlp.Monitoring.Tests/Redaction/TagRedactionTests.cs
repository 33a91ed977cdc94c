using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Redaction;

public sealed class TagRedactionTests
{
    private const string Secret = "jane.doe@example.org ✓";

    private static readonly byte[] HashKey = [.. Enumerable.Range(7, 32).Select(i => (byte)i)];

    private static readonly double[] Scores = [0.5];

    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(2);

    [Fact]
    public async Task Record_NamedTags_AreErasedAndHashedAndOthersKept()
    {
        var logged = await LogAsync(new RedactionOptions().EraseTags("phone").HashTags(HashKey, "user", "none"), [new("user", Secret), new("phone", Secret), new("city", "Chicago"), new("none", null!), new("user", "")]);

        Assert.Equal([("user", Hmac(Secret)), ("phone", null), ("city", "Chicago"), ("none", null), ("user", Hmac(""))], logged);
    }

    [Fact]
    public async Task Record_AllTagsErasedButOne_OnlyThatIsThere()
    {
        var logged = await LogAsync(new RedactionOptions().EraseTags(RedactionOptions.AllTags).HashTags(HashKey, "user"), [new("user", Secret), new("anything", Secret), new("user ", Secret)]);

        Assert.Equal([("user", Hmac(Secret)), ("anything", null), ("user ", null)], logged);
    }

    [Fact]
    public async Task Record_LongAndManyTags_AllocatesNothing()
    {
        await using var log = new LogHarness(configuration: With(new RedactionOptions().HashTags(HashKey, RedactionOptions.AllTags)) with { CommitInterval = TimeSpan.FromMinutes(1) });
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        KeyValuePair<string, string>[] tags = [new("user", Secret), new("long", new string('é', 5_000))];

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                sink.Record(Prediction(rows, tags));
            }
        }));
        Assert.Equal(0, log.Statistics.Dropped);
    }

    [Fact]
    public async Task Record_RedactedTags_SchemaAndHeaderSaySo()
    {
        await using var log = new LogHarness(configuration: With(new RedactionOptions().EraseTags("phone").HashTags(HashKey, "*")));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        sink.Record(Prediction(new FeatureRows(Layout, 1), [new("phone", Secret)]));
        await log.FlushAsync();

        var header = log.Reader.FindHeader("tips")!;
        Assert.Equal(["*", "phone"], header.TagRedaction!.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("erase", header.TagRedaction["phone"]);
        Assert.StartsWith("hmac-sha256:", header.TagRedaction["*"], StringComparison.Ordinal);
        var said = (await log.ReadAsync())[0].Schema.GetFieldByName("tags").Metadata[PredictionColumns.RedactionKey];
        Assert.Contains("\"phone\":\"erase\"", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, Encoding.UTF8.GetString(File.ReadAllBytes(log.Writer.OpenSegments.Single())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Record_KeptTagIsRedacted_SamplingSeesItAsItWas()
    {
        var configuration = With(new RedactionOptions().EraseTags("vip")) with
        {
            Sampling = new Dictionary<string, SamplingConfiguration> { ["tips"] = SamplingConfiguration.From(new SamplingOptions { Rate = 0, KeptTags = { "vip" } }) },
        };
        await using var log = new LogHarness(configuration: configuration);
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        sink.Record(Prediction(new FeatureRows(Layout, 1), [new("vip", Secret)]));
        sink.Record(Prediction(new FeatureRows(Layout, 1), []));
        await log.FlushAsync();

        Assert.Equal((1, 1), (log.Statistics.Written, log.Statistics.SampledOut));
    }

    [Fact]
    public void Validate_TagTwiceOrHashedWithoutAKey_IsRefused()
    {
        Assert.Contains("twice of 'user'", Assert.Single(Problems(new RedactionOptions().EraseTags("user").HashTags(HashKey, "user"))), StringComparison.Ordinal);
        Assert.Contains("HashKey", Assert.Single(Problems(new RedactionOptions { HashedTags = { "user" } })), StringComparison.Ordinal);
        Assert.Empty(Problems(new RedactionOptions().Erase("user").EraseTags("user")));
    }

    private static IEnumerable<string> Problems(RedactionOptions options) => options.Validate(new ValidationContext(options)).Select(problem => problem.ErrorMessage!);

    private static async Task<List<(string Name, string? Value)>> LogAsync(RedactionOptions options, KeyValuePair<string, string>[] tags)
    {
        await using var log = new LogHarness(configuration: With(options));
        var sink = log.Writer.Attach(TestModels.Serve(Layout))!;
        sink.Record(Prediction(new FeatureRows(Layout, 1), tags));
        await log.FlushAsync();
        var map = (MapArray)(await log.ReadAsync())[0].Column("tags");
        return [.. Enumerable.Range(0, tags.Length).Select(i => (((StringArray)map.Keys).GetString(i), (string?)((StringArray)map.Values).GetString(i)))];
    }

    private static PredictionLogConfiguration With(RedactionOptions options)
        => PredictionLogConfiguration.Default with { Redaction = new Dictionary<string, RedactionConfiguration> { ["tips"] = RedactionConfiguration.From(options) } };

    private static PredictionRecord Prediction(FeatureRows rows, ReadOnlySpan<KeyValuePair<string, string>> tags) => new()
    {
        Id = TestModels.Id(1),
        EventTime = 1,
        RequestTime = 1,
        LatencyNanoseconds = 1,
        Outcome = PredictionOutcome.Ok,
        Features = rows.RowOf(0),
        Scores = Scores,
        Tags = tags,
    };

    private static string Hmac(string value) => Convert.ToHexStringLower(HMACSHA256.HashData(HashKey, Encoding.UTF8.GetBytes(value)));
}
