using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Files that are scored, in a folder of their own.</summary>
public abstract class ScoredFilesFolder : IDisposable
{
    private protected const string Rows = "range AS id, (range / 7.0)::FLOAT AS x, range::DECIMAL(18, 3) AS price, "
        + "make_timestamptz(2024, 1, 1, 0, 0, 0, 'UTC') + to_seconds(range) AS moment, [range, range + 1] AS pair, 'row ' || range AS text";

    private protected ScoredFiles Files { get; } = new();

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Files.Dispose();
    }

    private protected static ModelPackage Linear(float weight = 2)
        => Package(OnnxBytes.Linear(1, 1, weight, output: "y"), Regression(), features: [new("x", FeatureType.Float32, "view")]);

    private protected static RecordBatch Batch(int first, int count)
    {
        var rows = Enumerable.Range(first, count).ToList();
        return new RecordBatch(
            new Schema([new Field("x", FloatType.Default, true), new Field("text", StringType.Default, true)], new Dictionary<string, string> { ["source"] = "tests" }),
            [new FloatArray.Builder().AppendRange(rows.Select(r => (float)r)).Build(), new StringArray.Builder().AppendRange(rows.Select(r => $"row {r}")).Build()],
            count);
    }

    /// <summary>Tells on the thread that scores, so that a test sees every step.</summary>
    private protected sealed class Progress(Action<FileScoringProgress> tell) : IProgress<FileScoringProgress>
    {
        public void Report(FileScoringProgress value) => tell(value);
    }
}
