using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Batches to score.</summary>
public abstract class ScoredBatches
{
    private protected static readonly FeatureColumn[] OneOfEach =
    [
        new("f", FeatureType.Float32, "view"),
        new("s", FeatureType.String, "view"),
    ];

    private protected static FloatArray Floats(params float[] values) => new FloatArray.Builder().AppendRange(values).Build();

    private protected static RecordBatch Batch(params (string Name, IArrowArray Array)[] columns)
        => new(new Schema(columns.Select(c => new Field(c.Name, c.Array.Data.DataType, true)), null), columns.Select(c => c.Array), columns[0].Array.Length);
}
