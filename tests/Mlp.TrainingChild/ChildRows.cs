using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.TrainingChild;

/// <summary>The same rows in every process.</summary>
internal static class ChildRows
{
    /// <summary>The rows as a training set.</summary>
    public static ITrainingSet Create(int count)
        => new ArrowTrainingSet([Batch(count)], [new FeatureColumn("x", FeatureType.Float32, "rows"), new FeatureColumn("kind", FeatureType.String, "rows")], "label");

    /// <summary>The rows.</summary>
    public static RecordBatch Batch(int count)
    {
        var (x, kind, label) = (new FloatArray.Builder(), new StringArray.Builder(), new FloatArray.Builder());
        for (var i = 0; i < count; i++)
        {
            var value = (i * 7919 % 1000 / 500f) - 1;
            x.Append(value);
            kind.Append($"kind {i % 7}");
            label.Append(value + ((i % 7) / 10f) > 0.2 + ((i * 31 % 17) / 40f) ? 1 : 0);
        }

        var schema = new Schema([new("x", FloatType.Default, true), new("kind", StringType.Default, true), new("label", FloatType.Default, true)], metadata: null);
        return new(schema, [x.Build(), kind.Build(), label.Build()], count);
    }
}
