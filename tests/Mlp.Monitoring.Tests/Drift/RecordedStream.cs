using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>The rows of a CSV file with the scores of a small model that was trained on the first of them, in a prediction log: row i has request time 2,000 + i microseconds.</summary>
internal sealed class RecordedStream : IDisposable
{
    private readonly LogHarness _log = new();
    private readonly string[] _features;

    private RecordedStream(double[][] rows, string[] features)
    {
        Rows = rows;
        _features = features;
    }

    /// <summary>Features, then the target.</summary>
    public double[][] Rows { get; }

    public int RowCount => Rows.Length;

    public double[] ColumnOf(string feature, int from, int to) => [.. Rows[from..to].Select(r => r[Array.IndexOf(_features, feature)])];

    /// <summary>Trains, scores and logs.</summary>
    /// <param name="path">Of the file under the reference folder.</param>
    /// <param name="features">Columns that the model takes.</param>
    /// <param name="target">Column that it predicts: 0 and 1 for a classifier.</param>
    /// <param name="trainShare">Share of the rows, from the first on, that it is trained on.</param>
    /// <param name="isClassifier">Logistic or linear.</param>
    public static async Task<RecordedStream> CreateAsync(string path, string[] features, string target, double trainShare, bool isClassifier)
    {
        var lines = await File.ReadAllLinesAsync(ReferenceData.Find(path)!);
        string[] header = lines[0].Split(',');
        var columns = features.Append(target).Select(f => Array.IndexOf(header, f)).ToArray();
        double[][] rows = [.. lines.Skip(1).Select(line => line.Split(',') is var cells ? columns.Select(c => double.Parse(cells[c], CultureInfo.InvariantCulture)).ToArray() : [])];
        var scores = Score(rows, (int)(rows.Length * trainShare), isClassifier);

        var stream = new RecordedStream(rows, features);
        var layout = new FeatureRowLayout([.. features.Select(f => new FeatureColumn(f, FeatureType.Float64, "row"))]);
        var sink = stream._log.Writer.Attach(TestModels.Serve(layout, task: isClassifier ? ModelTask.BinaryClassification : ModelTask.Regression))!;
        var record = new FeatureRows(layout, 1);
        for (var i = 0; i < rows.Length; i++)
        {
            record.Reset(1);
            record.StatusOf(0).Fill(FeatureStatus.Present);
            rows[i].AsSpan(0, features.Length).CopyTo(record.Float64Of(0));
            LogHarness.Record(sink, record, 0, i, scores[i]);
            if (i % 5_000 == 0)
            {
                await stream._log.FlushAsync();
            }
        }

        await stream._log.FlushAsync();
        return stream;
    }

    /// <summary>Compares rows with earlier ones.</summary>
    public Task<DriftReport> CompareAsync(int referenceEnd, int from, int to, DriftOptions? options = null)
    {
        var configuration = DriftConfiguration.Default with { Models = FrozenDictionary.ToFrozenDictionary([KeyValuePair.Create("tips", options ?? new())]) };
        return new DriftDetector(_log.Directory, null, configuration, new FakeTimeProvider()).DetectAsync("tips", 1, TimeOf(from), TimeOf(to), new ReferenceWindow(null, TimeOf(referenceEnd)));
    }

    public void Dispose() => _log.Dispose();

    private static DateTimeOffset TimeOf(int row) => Microseconds.ToDateTimeOffset(2_000 + row);

    private static double[] Score(double[][] rows, int trainCount, bool isClassifier)
    {
        var columnCount = rows[0].Length - 1;
        var summaries = Enumerable.Range(0, columnCount).Select(c => NumericSummary.Of([.. rows.Take(trainCount).Select(r => r[c]).Order()])).ToArray();
        double[] Encode(IEnumerable<double[]> some) => [.. some.SelectMany(r => summaries.Select((s, c) => s.StandardDeviation > 0 ? (r[c] - s.Mean) / s.StandardDeviation : 0))];
        double[] targets = [.. rows.Take(trainCount).Select(r => r[^1])];
        var train = Encode(rows.Take(trainCount));
        var coefficients = isClassifier ? RidgeSolver.Logistic(train, columnCount, targets, 1) : RidgeSolver.Linear(train, columnCount, targets, 1);
        var scores = new double[rows.Length];
        RidgeSolver.Score(Encode(rows), coefficients, scores);
        return isClassifier ? Array.ConvertAll(scores, s => 1 / (1 + Math.Exp(-s))) : scores;
    }
}
