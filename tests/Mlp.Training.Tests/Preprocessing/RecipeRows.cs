using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>Learns and encodes rows in one line of a test.</summary>
internal static class RecipeRows
{
    public static FeatureEncoding Learn(Rows rows, PreprocessingOptions options, double[]? labels = null, float[]? weights = null, int? trainingRows = null, int classes = 1)
    {
        var table = FeatureTable.Of(rows.Batch(), rows.Features);
        var learner = new FeatureEncodingLearner(table.Layout, options, new(classes > 1 ? ModelTask.MulticlassClassification : ModelTask.Regression, classes, 1));
        learner.Add(table, trainingRows ?? table.RowCount, labels, weights);
        return learner.Complete();
    }

    public static float[][] Encode(FeatureEncoding encoding, Rows rows) => ByRow(encoding, encoding.Encode(FeatureTable.Of(rows.Batch(), rows.Features)));

    public static float[][] EncodeLearned(FeatureEncoding encoding, Rows rows, int learned) => ByRow(encoding, encoding.EncodeLearned(FeatureTable.Of(rows.Batch(), rows.Features), learned));

    private static float[][] ByRow(FeatureEncoding encoding, EncodedRows encoded) => [.. EncodingGraphRun.Encode(encoded).Dense.Chunk(encoding.Width)];
}
