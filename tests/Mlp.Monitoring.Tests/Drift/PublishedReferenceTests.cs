using System.Collections.Frozen;
using Apache.Arrow;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What a published reference can be compared by beyond its bins: its sketches, and the classes that the model predicted.</summary>
public sealed class PublishedReferenceTests : IDisposable
{
    private const int ReferenceRows = 2_000;
    private const int CurrentRows = 1_500;

    private static readonly FeatureRowLayout Layout = new([new("x", FeatureType.Float64, "v"), new("hour", FeatureType.Int64, "v"), new("embedding", FeatureType.Float32, "v") { Length = 2 }]);
    private static readonly double[] Reference = [.. Enumerable.Range(1, ReferenceRows).Select(i => GoldenSequences.NormalQuantile(GoldenSequences.Golden(i)))];
    private static readonly double[] Current = [.. Enumerable.Range(1, CurrentRows).Select(i => 0.3 + (1.2 * GoldenSequences.NormalQuantile(GoldenSequences.VanDerCorput(i, 2))))];

    private readonly LogHarness _log = new();
    private readonly ProfileRegistry _registry = new("tips");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));
    private DriftDetector? _detector;

    public void Dispose() => _log.Dispose();

    // Golden values of scipy; energy over √σ of the reference.
    [Theory]
    [InlineData(DriftMethod.KolmogorovSmirnov, 0.1275, 0.004)]
    [InlineData(DriftMethod.Wasserstein, 0.30698113202869487, 0.004)]
    [InlineData(DriftMethod.Energy, 0.234261, 0.004)]
    public async Task DetectAsync_MethodOfNumbers_TakesTheSketches(DriftMethod method, double expected, double tolerance)
    {
        await using var writer = await LogAsync(new() { NumericMethod = method }, Current, _ => 0.5);

        foreach (var report in new[] { await Detector(method).DetectAsync("tips", 1, null, null), Assert.Single(_detector!.Recent) })
        {
            var x = report.Find("x")!;
            Assert.Equal((false, DriftSeverity.Moderate), (x.IsOverBins, x.Severity == DriftSeverity.Major ? DriftSeverity.Moderate : x.Severity));
            Assert.Equal(expected, x.Statistic, tolerance);
            Assert.InRange(x.PValue, 1e-13, 1e-11);

            // Whole numbers of both sides lie in the same bins of the sketch.
            Assert.Equal((0.0, 1.0), (Math.Round(report.Find("hour")!.Statistic, 2), Math.Round(report.Find("hour")!.PValue, 6)));
            Assert.Equal(["embedding"], report.NotCompared);
        }
    }

    [Fact]
    public async Task DetectAsync_ProfileWithoutSketches_IsComparedOverBins()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(Profile().Build().ToJson())!;
        foreach (var feature in json["features"]!.AsArray())
        {
            feature!.AsObject().Remove("sketches");
        }

        await using var writer = await LogAsync(new() { NumericMethod = DriftMethod.KolmogorovSmirnov }, Current, _ => 0.5, ReferenceProfile.Parse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString())));

        var x = (await Detector(DriftMethod.KolmogorovSmirnov).DetectAsync("tips", 1, null, null)).Find("x")!;

        Assert.Equal((true, DriftSeverity.Moderate), (x.IsOverBins, x.Severity));
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(0.35, true)]
    [InlineData(0.37, false)]
    public async Task DetectAsync_BinaryModel_KnowsThePredictedClassFromTheScoreWhereItIsCutThere(double threshold, bool isKnown)
    {
        var scores = Enumerable.Range(0, ReferenceRows).Select(i => i % 20 / 20.0).ToArray();
        var options = new DriftOptions { CategoricalMethod = DriftMethod.LInfinity };
        await using var writer = await LogAsync(options, Reference[..CurrentRows], i => i % 2 == 0 ? threshold : 0, Profile().SetScore(scores).Build(), TestModels.Serve(Layout, threshold: threshold));

        foreach (var report in new[] { await _detector!.DetectAsync("tips", 1, null, null), Assert.Single(_detector.Recent) })
        {
            var predicted = report.Features.SingleOrDefault(f => f.Name == "predicted class");
            Assert.Equal(isKnown, predicted is not null);
            if (predicted is not null)
            {
                // Half the rows lie on the threshold, which is a yes; of the reference its share from there on.
                Assert.Equal(Math.Abs(0.5 - scores.Count(s => s >= threshold) / (double)ReferenceRows), predicted.Statistic, 1e-12);
                Assert.True(predicted.IsScore);
            }
        }
    }

    [Fact]
    public async Task DetectAsync_SeveralClasses_AreComparedWithThoseThatWereProfiled()
    {
        string?[] classes = [.. Enumerable.Range(0, ReferenceRows).Select(i => i % 4 == 0 ? "class 2" : "class 0")];
        var profile = ReferenceProfile.Parse(Profile().SetPredictedClass(classes).Build().ToJson());
        var model = TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification);
        await using var writer = await LogAsync(new(), Reference[..CurrentRows], i => i % 2 == 0 ? [0.5, 0.3, 0.2] : [0.2, 0.3, 0.5], profile, model);

        var predicted = (await _detector!.DetectAsync("tips", 1, null, null)).Features.Single(f => f.Name == "predicted class");

        Assert.Equal((DriftSeverity.Moderate, true), (predicted.Severity == DriftSeverity.Major ? DriftSeverity.Moderate : predicted.Severity, predicted.IsScore));
        Assert.Equal((0.75 - 0.5) * Math.Log(0.75 / 0.5) + ((0.25 - 0.5) * Math.Log(0.25 / 0.5)), predicted.PopulationStabilityIndex, 1e-12);
    }

    // Of vectors a stored profile keeps the norms.
    [Fact]
    public void Compare_StoredProfilesOfVectors_CompareTheirNorms()
    {
        Assert.Empty(ProfileComparison.Compare(Vectors(1), Vectors(1)).Findings);
        var finding = ProfileComparison.Compare(Vectors(1), Vectors(2)).Findings[0];
        Assert.Equal("embedding", finding.Subject.Feature);
    }

    private static DataProfile Vectors(float factor)
    {
        float[] elements = [.. Enumerable.Range(0, 1_000).SelectMany(i => new[] { factor * (float)GoldenSequences.Golden(i), factor })];
        var array = VectorColumn.Create(new ArrowBuffer.Builder<float>().Append(elements).Build(), 2, 1_000, ArrowBuffer.Empty, 0);
        return new DataProfileBuilder().Add(new RecordBatch(new Schema([new Field("embedding", VectorColumn.TypeOf(2), true)], null), [array], 1_000)).Build();
    }

    private static ReferenceProfileBuilder Profile()
        => new ReferenceProfileBuilder().AddNumeric("x", Reference).AddNumeric("hour", Enumerable.Range(0, ReferenceRows).Select(i => (long)(i % 20)).ToArray());

    private DriftDetector Detector(DriftMethod method) => Detector(new DriftOptions { NumericMethod = method });

    private DriftDetector Detector(DriftOptions options)
        => new(_log.Directory, _registry, DriftConfiguration.Default with { Models = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("tips", options)]) }, _time);

    private Task<PredictionLogWriter> LogAsync(DriftOptions options, double[] numbers, Func<int, double> score, ReferenceProfile? profile = null, ServedModel? model = null)
        => LogAsync(options, numbers, i => [score(i)], profile, model);

    private async Task<PredictionLogWriter> LogAsync(DriftOptions options, double[] numbers, Func<int, double[]> scores, ReferenceProfile? profile = null, ServedModel? model = null)
    {
        _detector = Detector(options);
        var writer = new PredictionLogWriter(_log.Directory, PredictionLogConfiguration.Default, _ => true, DiskSync.Instance, _time, NullLogger<PredictionLogWriter>.Instance, served => [_detector.Watch(served)]);
        await writer.OpenAsync(default);
        model ??= TestModels.Serve(Layout);
        var sink = writer.Attach(model with { Manifest = _registry.Add(model.Manifest, profile ?? Profile().Build()) })!;
        var rows = new FeatureRows(Layout, 1);
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        for (var i = 0; i < numbers.Length; i++)
        {
            rows.Float64Of(0)[0] = numbers[i];
            rows.Int64Of(0)[0] = i % 20;
            LogHarness.Record(sink, rows, 0, i, scores(i));
        }

        await writer.FlushAsync(null, default);
        return writer;
    }
}
