using Apache.Arrow;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Export;

/// <summary>All rows that prove an export, with the answers that a file is measured by. Immutable.</summary>
internal sealed class ProofSet
{
    private readonly IReadOnlyList<(ProofRows Rows, double[] Expected)> _parts;

    private ProofSet(IReadOnlyList<(ProofRows Rows, double[] Expected)> parts, double scale) => (_parts, Scale) = (parts, scale);

    /// <summary>Size below which scores are not compared more closely, at least 1.</summary>
    public double Scale { get; }

    /// <summary>Takes the rows of a proof and lets the trained model answer them.</summary>
    /// <param name="table">All real rows.</param>
    /// <param name="start">The first real row of the proof; it reaches to the last one.</param>
    /// <param name="scores">The trained model's scores of all real rows, shape (rows, scores), row-major.</param>
    /// <param name="score">The trained model's scores of other rows, as batch and as table.</param>
    /// <param name="labelScale">Standard deviation of a regression's labels.</param>
    public static ProofSet Create(FeatureTable table, int start, ReadOnlySpan<float> scores, Func<RecordBatch, FeatureTable, float[]> score, double labelScale = 1)
    {
        var real = ProofRows.Real(table, start);
        var width = scores.Length / table.RowCount;
        ProofRows[] changed = [ProofRows.WithoutValues(table, start), ProofRows.WithExtremes(table, start)];
        return new(
            [
                (real, Widen(scores[(start * width)..])),
                .. changed.Select(rows => (rows, Widen(score(rows.Batch!, rows.Table)))),
            ],
            double.IsFinite(labelScale) ? Math.Max(1, labelScale) : 1);
    }

    /// <summary>Lets a file answer all rows in runs of several sizes.</summary>
    /// <param name="file">The file, open for <see cref="ExportProver.BatchFor"/> rows of its width.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>Real rows, rows with missing values, rows with extreme values.</returns>
    public (ProofFinding Real, ProofFinding Missing, ProofFinding Extreme) Compare(OnnxScorer file, CancellationToken cancellationToken)
    {
        ProofFinding[] found = [.. _parts.Select(p => ExportProver.Compare(file, p.Rows, p.Expected, Scale, cancellationToken))];
        return (found[0], found[1], found[2]);
    }

    /// <summary>The same rows with the answers of a file.</summary>
    /// <param name="file">The file, open for <see cref="ExportProver.BatchFor"/> rows of its width.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public ProofSet AnsweredBy(OnnxScorer file, CancellationToken cancellationToken)
        => new([.. _parts.Select(p => (p.Rows, ExportProver.ScoreAll(file, p.Rows, cancellationToken)))], Scale);

    /// <summary>What a file says of the real rows, shape (rows, scores), row-major.</summary>
    /// <param name="file">The file, open for <see cref="ExportProver.BatchFor"/> rows of its width.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    public double[] ScoreReal(OnnxScorer file, CancellationToken cancellationToken) => ExportProver.ScoreAll(file, _parts[0].Rows, cancellationToken);

    /// <summary>The answers to the real rows, shape (rows, scores), row-major.</summary>
    public double[] RealAnswers => _parts[0].Expected;

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = values[i];
        }

        return wide;
    }
}
