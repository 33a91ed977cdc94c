using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Export;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>A model that nobody trained: 3·a + b, whatever c is. Missing values are 0.</summary>
internal sealed class LinearModel : IFittedModel
{
    public ModelTask Task => ModelTask.Regression;

    public IReadOnlyList<FeatureColumn> Features { get; } = [.. "abc".Select(c => new FeatureColumn(c.ToString(), FeatureType.Float32, "view"))];

    public IReadOnlyList<string> ClassNames => [];

    public int ScoreCount => 1;

    public IReadOnlyList<TrainingProgress> History => [];

    public float[] Predict(RecordBatch batch)
    {
        var (a, b) = ((FloatArray)batch.Column("a"), (FloatArray)batch.Column("b"));
        return [.. Enumerable.Range(0, batch.Length).Select(i => (3 * (a.GetValue(i) ?? 0)) + (b.GetValue(i) ?? 0))];
    }

    public TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>Rows of which the model knows all but some noise, in several batches.</summary>
    public static ArrowTrainingSet Rows(int count, int seed)
    {
        var random = new Random(seed);
        float?[] Column() => [.. Enumerable.Range(0, count).Select(i => i % 17 == 3 ? (float?)null : random.NextSingle())];
        var (a, b, c) = (Column(), Column(), Column());
        float[] label = [.. Enumerable.Range(0, count).Select(i => (3 * (a[i] ?? 0)) + (b[i] ?? 0) + (0.1f * (random.NextSingle() - 0.5f)))];
        var whole = new Rows().Float32("a", a).Float32("b", b).Float32("c", c).Label("y", label).Set("y");
        var batch = SyntheticRows.BatchOf(whole).GetAwaiter().GetResult();
        return new ArrowTrainingSet([batch.Slice(0, count / 3), batch.Slice(count / 3, count - (count / 3))], whole.Manifest.Features, "y");
    }
}
