using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;

namespace Mlp.Benchmarks.Training;

/// <summary>Random rows of eight numbers, every tenth of which is missing, and two texts, with recipes of every kind for them.</summary>
internal static class PreprocessingRows
{
    /// <summary>Draws rows: x0 to x3 are standardised, x4 and x5 are robust after a logarithm, x6 has quantiles, x7 buckets; t0 and t1 have a slot per value.</summary>
    public static (FeatureTable Table, PreprocessingOptions Options) Draw(int rowCount, int seed)
    {
        var random = new Random(seed);
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        var features = new List<FeatureColumn>();
        for (var column = 0; column < 8; column++)
        {
            var values = new DoubleArray.Builder();
            for (var row = 0; row < rowCount; row++)
            {
                var value = Math.Exp(random.NextDouble() * 5);
                _ = row % 10 == column ? values.AppendNull() : values.Append(value);
            }

            Add($"x{column}", DoubleType.Default, FeatureType.Float64, values.Build());
        }

        for (var column = 0; column < 2; column++)
        {
            var values = new StringArray.Builder();
            for (var row = 0; row < rowCount; row++)
            {
                values.Append($"value {random.Next(40)}");
            }

            Add($"t{column}", StringType.Default, FeatureType.String, values.Build());
        }

        var options = new PreprocessingOptions();
        options.For("x4").Impute(ImputeKind.Median).Apply(NumberFunction.Log1P).RobustScale();
        options.For("x5").Impute(ImputeKind.Median).Apply(NumberFunction.Log1P).RobustScale();
        options.For("x6").Scale(NumberScaling.QuantileUniform);
        options.For("x7").Bucketize(BucketKind.Quantile, 16);
        return (FeatureTable.Of(new RecordBatch(new Schema(fields, metadata: null), columns, rowCount), features), options);

        void Add(string name, IArrowType arrowType, FeatureType type, IArrowArray array)
        {
            fields.Add(new Field(name, arrowType, nullable: true));
            columns.Add(array);
            features.Add(new FeatureColumn(name, type, "rows"));
        }
    }
}
