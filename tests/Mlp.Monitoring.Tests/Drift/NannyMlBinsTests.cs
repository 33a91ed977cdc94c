using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>NannyML 0.13.1 on elec.csv, reference rows 7,500 to 14,999, analysis to 38,999 in chunks of 2,000 (golden/README.md), through the platform: logged, compared, watched.</summary>
public sealed class NannyMlBinsTests : IDisposable
{
    private const int ReferenceStart = 7_500;
    private const int ReferenceEnd = 15_000;
    private const int End = 39_000;
    private const int ChunkRows = 2_000;

    private static readonly string[] Columns = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"];
    private static readonly string[] Constants = ["vicprice", "vicdemand", "transfer"];
    private static readonly (DriftMethod Method, string Name)[] Methods = [(DriftMethod.JensenShannon, "jensen_shannon"), (DriftMethod.Hellinger, "hellinger"), (DriftMethod.KolmogorovSmirnov, "kolmogorov_smirnov")];
    private static readonly FeatureRowLayout Layout = new([.. Columns.Select(c => new FeatureColumn(c, FeatureType.Float64, "row"))]);

    private readonly TempDirectory _folder = new();
    private readonly ProfileRegistry _registry = new("tips");

    public void Dispose() => _folder.Dispose();

    [ReferenceDataFact("golden/nannyml/univariate.csv")]
    public async Task DetectDriftAsync_EqualWidth_GivesTheFiguresOfNannyMl()
    {
        var (data, golden) = (Read("data/elec.csv"), Read("golden/nannyml/univariate.csv"));
        await LogAsync(data, ReferenceStart, End);
        foreach (var (method, name) in Methods)
        {
            await using var platform = Build(method);
            await platform.StartAsync();
            for (var chunk = 0; chunk < golden["chunk_start_index"].Length; chunk++)
            {
                var (from, to) = SpanOf(golden, chunk);
                var byWindow = await platform.Monitoring.DetectDriftAsync("tips", new ReferenceWindow(null, TimeOf(ReferenceEnd)), from: TimeOf(from), to: TimeOf(to));
                Verify(golden, chunk, name, byWindow);
                if (method != DriftMethod.KolmogorovSmirnov)
                {
                    Verify(golden, chunk, name, await platform.Monitoring.DetectDriftAsync("tips", from: TimeOf(from), to: TimeOf(to)));
                }
            }
        }
    }

    [ReferenceDataFact("golden/nannyml/univariate.csv")]
    public async Task GetRecentDrift_EqualWidth_GivesTheFiguresOfNannyMl()
    {
        var (data, golden) = (Read("data/elec.csv"), Read("golden/nannyml/univariate.csv"));
        var (from, to) = SpanOf(golden, 9);
        await using var platform = Build(DriftMethod.JensenShannon);
        await platform.StartAsync();
        await RecordAsync(platform, data, from, to);

        Verify(golden, 9, "jensen_shannon", Assert.Single(platform.Monitoring.GetRecentDrift("tips")));
    }

    [Fact]
    public async Task DetectDriftAsync_ProfileWithoutTheBins_SaysSo()
    {
        await using var platform = Build(DriftMethod.JensenShannon);
        await platform.StartAsync();
        var numbers = Enumerable.Range(0, 1_000).Select(i => (double)i).ToArray();
        var builder = new ReferenceProfileBuilder();
        System.Array.ForEach(Columns, c => builder.AddNumeric(c, numbers));
        var written = System.Text.Encoding.UTF8.GetString(builder.Build().ToJson());
        var old = ReferenceProfile.Parse(System.Text.Encoding.UTF8.GetBytes(written.Replace("\"equalWidth\"", "\"unknown\"", StringComparison.Ordinal)));
        await RecordAsync(platform, Columns.ToDictionary(c => c, _ => numbers), 0, 500, old);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => platform.Monitoring.DetectDriftAsync("tips"));

        Assert.StartsWith("Expected the reference profile to have bins of equal width of 'period', but found none", error.Message, StringComparison.Ordinal);
        Assert.Empty(platform.Monitoring.GetRecentDrift("tips"));
        Assert.Contains(error.Message, platform.CheckHealth()["live-quality"].Description, StringComparison.Ordinal);
    }

    // Where a profile of sketches is all there is, its steps are binned: each value is off by 1 % at most.
    [ReferenceDataFact("golden/nannyml/univariate.csv")]
    public void Compare_StoredProfiles_GivesTheFiguresOfNannyMlWithinTheirError()
    {
        var (data, golden) = (Read("data/elec.csv"), Read("golden/nannyml/univariate.csv"));
        var reference = ProfileOf(data, ReferenceStart, ReferenceEnd);
        var options = new DriftOptions { NumericMethod = DriftMethod.JensenShannon, NumericBinning = DriftBinning.EqualWidth };
        for (var chunk = 0; chunk < golden["chunk_start_index"].Length; chunk++)
        {
            var (from, to) = SpanOf(golden, chunk);
            var report = ProfileComparison.Compare(reference, ProfileOf(data, from, to), options);
            Assert.All(Columns.Except(Constants), c => Assert.Equal(golden[$"{c}_jensen_shannon_value"][chunk], report.Find(c)!.Statistic, 0.05));
        }
    }

    private static void Verify(Dictionary<string, double[]> golden, int chunk, string name, DriftReport report)
    {
        Assert.All(Columns.Except(Constants), c => Assert.Equal(golden[$"{c}_{name}_value"][chunk], report.Find(c)!.Statistic, 1e-9));

        // Its own rule: NannyML's bins are blind there.
        Assert.All(Constants, c => Assert.True(report.Find(c)!.IsConstantReference));
    }

    private static (int From, int To) SpanOf(Dictionary<string, double[]> golden, int chunk)
    {
        var part = golden["part"][chunk] == 0 ? ReferenceStart : ReferenceEnd;
        var from = part + (int)golden["chunk_start_index"][chunk];
        return (from, Math.Min(from + ChunkRows, part == ReferenceStart ? ReferenceEnd : End));
    }

    private static DateTimeOffset TimeOf(int row) => Microseconds.ToDateTimeOffset(2_000 + row);

    private static Runtime.Statistics.Profiles.DataProfile ProfileOf(Dictionary<string, double[]> data, int from, int to)
    {
        var schema = new Apache.Arrow.Schema([.. Columns.Select(c => new Apache.Arrow.Field(c, Apache.Arrow.Types.DoubleType.Default, false))], null);
        var builder = new Runtime.Statistics.Profiles.DataProfileBuilder();
        builder.Add(new Apache.Arrow.RecordBatch(schema, Columns.Select(c => new Apache.Arrow.DoubleArray.Builder().AppendRange(data[c][from..to]).Build()), to - from));
        return builder.Build();
    }

    private static ReferenceProfile ReferenceOf(Dictionary<string, double[]> data)
    {
        var builder = new ReferenceProfileBuilder();
        System.Array.ForEach(Columns, c => builder.AddNumeric(c, data[c].AsSpan(ReferenceStart..ReferenceEnd)));
        return ReferenceProfile.Parse(builder.Build().ToJson());
    }

    // Of the golden file, part is 0 for the reference and 1 for the analysis.
    private static Dictionary<string, double[]> Read(string path)
    {
        var lines = File.ReadAllLines(ReferenceData.Find(path)!);
        var names = lines[0].Split(',');
        var rows = lines.Skip(1).Select(line => line.Split(',')).ToArray();
        var columns = names.Select((name, i) => (name, values: rows.Select(r => double.TryParse(r[i], CultureInfo.InvariantCulture, out var v) ? v : double.NaN).ToArray())).ToDictionary(c => c.name, c => c.values);
        if (names.Contains("chunk_period"))
        {
            columns["part"] = [.. rows.Select(r => r[1] == "reference" ? 0.0 : 1)];
        }

        return columns;
    }

    private MlPlatform Build(DriftMethod method)
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_folder.FullName).AddMonitoring(m => m.LogPredictions("tips").DetectDrift("tips", d =>
        {
            (d.NumericMethod, d.NumericBinning) = (method, DriftBinning.EqualWidth);
            d.TestsWholeVector = false;
        }));
        builder.Services.AddSingleton<IModelRegistry>(_registry);
        builder.Services.AddSingleton(new ModelDeclaration("tips"));
        return builder.Build();
    }

    private async Task LogAsync(Dictionary<string, double[]> data, int from, int to)
    {
        await using var platform = Build(DriftMethod.JensenShannon);
        await platform.StartAsync();
        await RecordAsync(platform, data, from, to);
    }

    private async Task RecordAsync(MlPlatform platform, Dictionary<string, double[]> data, int from, int to, ReferenceProfile? profile = null)
    {
        var model = TestModels.Serve(Layout);
        model = model with { Manifest = _registry.Add(model.Manifest, profile ?? ReferenceOf(data)) };
        var sink = platform.Services.GetRequiredService<IPredictionObserver>().Attach(model)!;
        var rows = new FeatureRows(Layout, 1);
        rows.StatusOf(0).Fill(FeatureStatus.Present);
        for (var i = from; i < to; i++)
        {
            for (var c = 0; c < Columns.Length; c++)
            {
                rows.Float64Of(0)[c] = data[Columns[c]][i];
            }

            LogHarness.Record(sink, rows, 0, i, 0.5);
            if (i % 5_000 == 0)
            {
                await platform.Monitoring.FlushAsync();
            }
        }

        await platform.Monitoring.FlushAsync();
    }
}
