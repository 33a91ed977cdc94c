using Apache.Arrow;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>A reference window of more rows than are kept.</summary>
public sealed class ReferenceColumnsTests : IDisposable
{
    private const int Rows = 6_000;
    private const int Limit = 1_000;

    private static readonly FeatureRowLayout Layout = new([new("x", FeatureType.Float64, "v"), new("name", FeatureType.String, "v"), new("still", FeatureType.Float32, "v"), new("once", FeatureType.Float32, "v")]);
    private static readonly FeatureRowLayout Later = new([new("x", FeatureType.Float64, "v"), new("name", FeatureType.String, "v"), new("still", FeatureType.Float32, "v"), new("once", FeatureType.Float32, "v"), new("late", FeatureType.Float64, "v")]);

    private readonly LogHarness _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Build_MoreRowsThanTheLimit_KeepsSoManyAndSaysSo(double weight)
    {
        var columns = new ReferenceColumns(Rules(), Limit);
        await FillAsync(columns, weight);

        Assert.Equal((Rows, Limit), (columns.TotalRowCount, columns.RowCount));
        var reference = columns.Build();
        Assert.Equal(Limit, reference.Profile.RowCount);
        Assert.Contains($"{Rows} predictions", reference.Note, StringComparison.Ordinal);
        Assert.Contains(weight == 1 ? "1000 of them, picked at random" : "they stand for 18000 and a random choice of them counts as 1000", reference.Note, StringComparison.Ordinal);

        // Uniform between 0 and 1, and its rows go with their names: five standard deviations of a mean of 1,000 are 0.046.
        var numbers = (NumericFeatureProfile)reference.Profile.Find("x")!;
        Assert.InRange(numbers.Mean, 0.454, 0.546);
        Assert.InRange(reference.Distributions[numbers].Values.Length, 900, Limit);
        var names = (CategoricalFeatureProfile)reference.Profile.Find("name")!;
        Assert.Equal(Limit, names.Categories.Sum(c => c.Count));
        Assert.All(names.Categories, c => Assert.InRange(c.Count, 180, 320));

        // The second half of the rows has it: those kept of the first half miss it.
        Assert.InRange(reference.Profile.Find("late")!.MissingCount, 400, 600);
    }

    [Fact]
    public async Task Build_MoreRowsThanTheLimit_KnowsWhetherAllHadOneValue()
    {
        var columns = new ReferenceColumns(Rules(), Limit);
        await FillAsync(columns, 1);
        var reference = columns.Build();
        var window = new DriftWindow(reference, Rules(), 0);
        foreach (var name in new[] { "still", "once" })
        {
            window.Features[reference.Profile.Features.IndexOf(reference.Profile.Find(name)!)].AddRange([.. Enumerable.Range(0, 500).Select(i => i == 0 ? 2f : 1f)]);
        }

        // One row of 6,000 had another value in one of them, and it is not among those kept.
        var report = DriftComparison.Compare(new("tips", 1), (Limit, 500), window.Compared([2, 3]), [], Rules());
        Assert.Equal(1, ((NumericFeatureProfile)reference.Profile.Find("once")!).Maximum);
        Assert.Equal((true, DriftSeverity.Moderate), (report.Find("still")!.IsConstantReference, report.Find("still")!.Severity));
        Assert.Equal((false, DriftSeverity.None), (report.Find("once")!.IsConstantReference, report.Find("once")!.Severity));
    }

    [Fact]
    public async Task Build_AsManyRowsAsTheLimit_KeepsAll()
    {
        var columns = new ReferenceColumns(Rules(), Rows);
        await FillAsync(columns, 1);

        var reference = columns.Build();

        Assert.Equal((Rows, null), (reference.Profile.RowCount, reference.Note));
        Assert.Equal(2, ((NumericFeatureProfile)reference.Profile.Find("once")!).Maximum);
        Assert.Equal(Rows / 2, reference.Profile.Find("late")!.MissingCount);
        Assert.Equal([Rows / 4, Rows / 4, Rows / 4, Rows / 4], ((CategoricalFeatureProfile)reference.Profile.Find("name")!).Categories.Select(c => (int)c.Count));
    }

    private static DriftRules Rules() => new(new DriftOptions(), 0.01, 100);

    private async Task FillAsync(ReferenceColumns columns, double weight)
    {
        var number = 0;
        for (var half = 0; half < 2; half++)
        {
            var layout = half == 0 ? Layout : Later;
            var sink = _log.Writer.Attach(TestModels.Serve(layout, version: half + 1))!;
            var rows = new FeatureRows(layout, 1);
            for (var i = 0; i < Rows / 2; i++, number++)
            {
                rows.Reset(1);
                rows.StatusOf(0).Fill(FeatureStatus.Present);
                rows.Float64Of(0)[0] = GoldenSequences.Golden(number + 1);
                rows.SetString(0, 0, $"n{number % 4}");
                rows.Float32Of(0)[0] = 1;
                rows.Float32Of(0)[1] = number == 100 ? 2 : 1;
                if (half == 1)
                {
                    rows.Float64Of(0)[1] = number;
                }

                LogHarness.RecordAs(sink, rows, number, 0.5, weight);
            }

            await _log.FlushAsync();
        }

        foreach (var batch in await _log.ReadAsync(version: 1))
        {
            columns.Add(batch, null);
        }

        foreach (var batch in await _log.ReadAsync(version: 2))
        {
            columns.Add(batch, null);
        }
    }
}
