using Mlp.Monitoring.Sampling;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Sampling;

public sealed class PredictionSamplerTests
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);

    private readonly FeatureRows _rows = new(Layout, 1);

    [Fact]
    public void For_EverythingIsKept_IsNull()
    {
        Assert.Null(PredictionSampler.For(null, TestModels.Serve(Layout)));
        Assert.Null(PredictionSampler.For(SamplingConfiguration.From(new SamplingOptions()), TestModels.Serve(Layout)));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Decide_ManyRequests_KeepsTheShareAndWeighsByIt(double rate)
    {
        const int Requests = 100_000;
        var sampler = Create(new SamplingOptions { Rate = rate });
        var kept = 0;
        for (var i = 0; i < Requests; i++)
        {
            var weight = sampler.Decide(Record(i));
            Assert.True(weight == 0 || weight == 1 / rate);
            kept += weight > 0 ? 1 : 0;
        }

        // Five standard deviations of a binomial.
        Assert.InRange(kept, (Requests * rate) - (5 * Math.Sqrt(Requests * rate * (1 - rate))), (Requests * rate) + (5 * Math.Sqrt(Requests * rate * (1 - rate))));
    }

    [Fact]
    public void Decide_KnownRequests_IsTheSameInEveryProcess()
    {
        var sampler = Create(new SamplingOptions { Rate = 0.1 });

        var kept = Enumerable.Range(0, 60).Where(i => sampler.Decide(Record(i)) > 0);

        // By Python's xxhash 3.2: xxh3_128_intdigest(id) >> 64 < int(0.1 * 2**64).
        Assert.Equal(KeptOfSixty, kept);
    }

    [Fact]
    public void Decide_HigherRate_KeepsAllThatALowerOneKeeps()
    {
        var (low, high) = (Create(new SamplingOptions { Rate = 0.1 }), Create(new SamplingOptions { Rate = 0.3 }));

        Assert.All(Enumerable.Range(0, 5_000).Where(i => low.Decide(Record(i)) > 0), i => Assert.True(high.Decide(Record(i)) > 0));
    }

    [Fact]
    public void Decide_ByEntity_KeepsAllOfAnEntityOrNone()
    {
        var sampler = Create(new SamplingOptions { Rate = 0.3, Unit = SamplingUnit.Entity });
        var shares = new List<double>();
        for (var entity = 0; entity < 200; entity++)
        {
            EntityValue[] keys = [$"company {entity}", entity];
            shares.Add(Enumerable.Range(0, 20).Average(i => sampler.Decide(Record((entity * 100) + i, keys: keys)) > 0 ? 1.0 : 0.0));
        }

        Assert.All(shares, share => Assert.True(share is 0 or 1));
        Assert.InRange(shares.Average(), 0.15, 0.45);
        EntityValue[] longKey = [new string('x', 5_000), 1];
        Assert.Equal(sampler.Decide(Record(1, keys: longKey)), sampler.Decide(Record(2, keys: longKey)));
    }

    [Fact]
    public void Decide_ByEntityWithoutKey_DrawsTheRequest()
    {
        var (byEntity, byRequest) = (Create(new SamplingOptions { Rate = 0.3, Unit = SamplingUnit.Entity }), Create(new SamplingOptions { Rate = 0.3 }));

        Assert.All(Enumerable.Range(0, 1_000), i => Assert.Equal(byRequest.Decide(Record(i)), byEntity.Decide(Record(i))));
    }

    [Fact]
    public void Decide_ShadowOfARequest_GoesWithTheAnswerThatWasServed()
    {
        var sampler = Create(new SamplingOptions { Rate = 0.5 });

        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal(sampler.Decide(Record(i)), sampler.Decide(Record(i + 10_000, served: i))));
    }

    [Fact]
    public void Decide_Rules_KeepTheirOwnWithWeightOne()
    {
        var sampler = Create(new SamplingOptions { Rate = 0, ThresholdMargin = 0.05, KeptTags = { "review" } }.KeepWhere((in PredictionRecord r) => r.LatencyNanoseconds > 1_000).KeepWhere((in PredictionRecord r) => r.EventTime == 77));
        KeyValuePair<string, string>[] tags = [new("city", "Chicago"), new("review", "")];

        Assert.Equal(0, sampler.Decide(Record(1, score: 0.9)));
        Assert.Equal(1, sampler.Decide(Record(1, score: 0.46)));
        Assert.Equal(1, sampler.Decide(Record(1, score: 0.54)));
        Assert.Equal(0, sampler.Decide(Record(1, score: double.NaN)));
        Assert.Equal(1, sampler.Decide(Record(1, outcome: PredictionOutcome.TimedOut)));
        Assert.Equal(1, sampler.Decide(Record(1, score: 0.9, tags: tags)));
        Assert.Equal(1, sampler.Decide(Record(1, score: 0.9, latency: 1_001)));
        Assert.Equal(1, sampler.Decide(Record(77, score: 0.9)));
        Assert.Equal(0, Create(new SamplingOptions { Rate = 0, KeepFailures = false }).Decide(Record(1, outcome: PredictionOutcome.Error)));
    }

    [Fact]
    public void Decide_RuleThatThrows_KeepsThePrediction()
        => Assert.Equal(1, Create(new SamplingOptions { Rate = 0 }.KeepWhere((in PredictionRecord _) => throw new InvalidOperationException("broken"))).Decide(Record(1)));

    [Fact]
    public void Decide_EveryWay_AllocatesNothing()
    {
        var sampler = Create(new SamplingOptions { Rate = 0.1, Unit = SamplingUnit.Entity, ThresholdMargin = 0.01, KeptTags = { "review" } }.KeepWhere((in PredictionRecord r) => r.LatencyNanoseconds > 1_000));
        EntityValue[] keys = ["Flash Cab", 8];
        EntityValue[] longKeys = [new string('é', 2_000), 8];
        KeyValuePair<string, string>[] tags = [new("city", "Chicago")];

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                sampler.Decide(Record(i, score: 0.9, tags: tags));
                sampler.Decide(Record(i, score: 0.9, keys: keys));
                sampler.Decide(Record(i, score: 0.9, keys: longKeys));
            }
        }));
    }

    private static PredictionSampler Create(SamplingOptions options) => PredictionSampler.For(SamplingConfiguration.From(options), TestModels.Serve(Layout))!;

    private PredictionRecord Record(
        long number,
        double score = 1,
        EntityValue[]? keys = null,
        KeyValuePair<string, string>[]? tags = null,
        PredictionOutcome outcome = PredictionOutcome.Ok,
        long latency = 10,
        long? served = null) => new()
        {
            Id = TestModels.Id(number),
            RequestId = served is { } s ? TestModels.Id(s) : default,
            EventTime = number,
            RequestTime = number,
            LatencyNanoseconds = latency,
            Outcome = outcome,
            Features = _rows.RowOf(0),
            Keys = keys,
            Tags = tags,
            Scores = outcome == PredictionOutcome.Ok ? Scores(score) : [],
        };

    private static double[] Scores(double score) => score switch
    {
        1 => One,
        0.9 => Nine,
        _ => [score],
    };

    private static readonly double[] One = [1];

    private static readonly double[] Nine = [0.9];

    private static readonly int[] KeptOfSixty = [2, 9, 20, 30, 38, 49];
}
